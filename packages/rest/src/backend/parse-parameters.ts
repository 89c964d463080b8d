import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isObject } from '../json-object.ts';
import type { ValueTemplate } from '../template/value-template.ts';
import type { BackendProblem, ProblemList } from './backend-problem.ts';
import type { BodyPart, NamedValue, PathParameter, QueryParameter } from './http-backend.ts';
import type { ParameterSpec, PartOptions, PathOptions, QueryOptions } from './http-backend-spec.ts';

type Path = BackendProblem['path'];
type Specs<Options> = Readonly<Record<string, ParameterSpec<Options>>> | undefined;

/** A parameter with its options, in whichever of the two forms it was written. */
interface Read<Options> {
  readonly name: string;
  readonly value: ValueTemplate;
  readonly fallback: JsonValue | undefined;
  readonly options: Partial<Options>;
}

/** `path:`, by slot. */
export function readPathParameters(
  specs: Specs<PathOptions>,
  problems: ProblemList,
): ReadonlyMap<string, PathParameter> {
  return new Map(
    readAll(specs, ['path'], problems).map(({ name, value, fallback, options }) => [
      name,
      {
        name,
        value,
        fallback,
        style: options.style ?? 'simple',
        explode: options.explode ?? false,
        segments: options.segments ?? false,
      },
    ]),
  );
}

/** `query:`, or the fields of a form. */
export function readQueryParameters(
  specs: Specs<QueryOptions>,
  path: Path,
  problems: ProblemList,
): readonly QueryParameter[] {
  return readAll(specs, path, problems).map(({ name, value, fallback, options }) => {
    const style = options.style ?? 'auto';
    const explode = options.explode ?? (style === 'form' || style === 'auto');
    const words = new Map(Object.entries(options.map ?? {}));
    return { name, value, fallback, style, explode, allowReserved: options.allow_reserved ?? false, words };
  });
}

/** `headers:` or `cookies:`. */
export function readNamedValues(specs: Specs<object>, path: Path, problems: ProblemList): readonly NamedValue[] {
  return readAll(specs, path, problems).map(({ name, value, fallback }) => ({ name, value, fallback }));
}

/** The parts of a multipart body. */
export function readParts(specs: Specs<PartOptions>, path: Path, problems: ProblemList): readonly BodyPart[] {
  return readAll(specs, path, problems).map(({ name, value, fallback, options }) => ({
    name,
    value,
    fallback,
    filename:
      options.filename === undefined ? undefined : problems.value([...path, name, 'filename'], options.filename),
    contentType: options.content_type,
    encoding: options.encoding ?? 'utf8',
  }));
}

function readAll<Options>(specs: Specs<Options>, path: Path, problems: ProblemList): readonly Read<Options>[] {
  return Object.entries(specs ?? {}).map(([name, spec]) => {
    const { value, default: fallback, options } = splitOptions<Options>(spec);
    const at = isObject(spec) ? [...path, name, 'value'] : [...path, name];
    return { name, value: problems.value(at, value), fallback, options };
  });
}

interface Split<Options> {
  readonly value: JsonValue;
  readonly default?: JsonValue;
  readonly options: Partial<Options>;
}

/** The schema has made sure that an object here has `value` and nothing but options beside it. */
function splitOptions<Options>(spec: ParameterSpec<Options>): Split<Options> {
  if (!isWithOptions<Options>(spec)) return { value: isJson(spec) ? spec : null, options: {} };
  return { value: spec.value, ...(spec.default === undefined ? {} : { default: spec.default }), options: spec };
}

function isWithOptions<Options>(
  spec: ParameterSpec<Options>,
): spec is { readonly value: JsonValue; readonly default?: JsonValue } & Options {
  return isObject(spec) && spec.value !== undefined;
}

function isJson(value: unknown): value is Exclude<JsonValue, JsonObject> {
  return !isObject(value);
}
