import type { JsonSchema } from '@capstan/sdk';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { compileWithAjv, draftOf, metaValidator } from './ajv-engine.ts';
import { fatalFlaw, keywordFlaws, type SchemaFlaw } from './schema-check.ts';
import { problemOf, type SchemaProblem } from './schema-problem.ts';
import { pointerPath } from './schema-references.ts';
import { subschemaCount } from './subschemas.ts';
import { isLargerThan, isTooDeep, MAX_VALUE_DEPTH } from './value-size.ts';
import { withoutPaths } from './without-paths.ts';

/** A schema, compiled at first use and never again. */
export interface CompiledSchema {
  /** The quick answer. Never throws. */
  accepts(value: unknown): boolean;
  /**
   * Every problem, or the first `limit` (100) of them; empty where the value fits. One alone for a value so large that
   * listing them would take long, unless the limit is `Infinity`: for input whose size is bounded before. Never throws.
   */
  problems(value: unknown, limit?: number): readonly SchemaProblem[];
}

/** Options of {@link compileSchema}. */
export interface CompileSchemaOptions {
  /**
   * `own`: of a manifest or of this product; a pattern that a linear-time engine cannot run is an error.
   * `foreign`: of an MCP server or a spec; such a pattern is left to its owner, with a warning.
   */
  readonly origin: 'own' | 'foreign';
}

/** The outcome of compiling. */
export type SchemaCompilation =
  | { readonly ok: true; readonly schema: CompiledSchema; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly SchemaFlaw[] };

const MAX_PROBLEMS = 100;
/** Larger values are not searched for every problem: a list of millions has as many. */
const MAX_THOROUGH_VALUES = 10_000;
/** Each value may fail at each schema, so that their product is limited, too. */
const MAX_THOROUGH_WORK = 200_000;

/** Compiles a schema: draft by `$schema` (2020-12 by default, draft-07), formats, linear-time patterns, no remote `$ref`, at most 64 deep and 2,000 schemas large. Never throws. */
export function compileSchema(schema: JsonSchema, { origin }: CompileSchemaOptions): SchemaCompilation {
  const fatal = fatalFlaw(schema);
  if (fatal) return { ok: false, problems: [fatal] };
  const flaws = flawsOf(schema);
  if (origin === 'own') {
    if (flaws.length > 0) return { ok: false, problems: flaws };
    return { ok: true, schema: lazilyCompiled(schema, origin), warnings: [] };
  }
  const usable = withoutPaths(
    schema,
    flaws.map((flaw) => flaw.path),
  );
  const warnings = flaws.map((flaw) => `'${flaw.path.join('.')}' is left to the owner of the schema: ${flaw.message}`);
  return { ok: true, schema: lazilyCompiled(usable, origin), warnings };
}

function flawsOf(schema: JsonSchema): readonly SchemaFlaw[] {
  const draft = draftOf(schema);
  if (draft === undefined) return [{ path: ['$schema'], message: 'this draft of JSON Schema is not known here' }];
  const { flaws, refersToNames } = keywordFlaws(schema);
  const meta = metaValidator(draft);
  if (!meta(schema)) return [...flaws, ...metaFlaws(meta.errors ?? [])];
  const failure = refersToNames && flaws.length === 0 ? compileFailure(schema) : undefined;
  return failure === undefined ? flaws : [{ path: [], message: failure }];
}

/** One flaw per place: where alternatives fail, each would say so, and then their `anyOf`. */
function metaFlaws(errors: readonly ErrorObject[]): readonly SchemaFlaw[] {
  const first = new Map<string, ErrorObject>();
  for (const error of errors) if (!first.has(error.instancePath)) first.set(error.instancePath, error);
  return [...first.values()].map((error) => ({
    path: pointerPath(error.instancePath),
    message: problemOf(error).message,
  }));
}

/** Two validators: one that stops at the first problem, and one that lists all, made when something was refused. */
function lazilyCompiled(schema: JsonSchema, origin: CompileSchemaOptions['origin']): CompiledSchema {
  let quick: ValidateFunction | undefined;
  let thorough: ValidateFunction | undefined;
  return { accepts: (value) => firstErrors(value).length === 0, problems };

  function firstErrors(value: unknown): readonly ErrorObject[] | typeof DEEP {
    if (isTooDeep(value)) return DEEP;
    quick ??= compile(schema, { allErrors: false, origin });
    const fits = run(quick, value);
    if (fits === undefined) return DEEP;
    return fits ? [] : (quick.errors ?? []);
  }

  function problems(value: unknown, limit: number = MAX_PROBLEMS): readonly SchemaProblem[] {
    const first = firstErrors(value);
    if (first === DEEP) return [TOO_DEEP];
    if (first.length === 0) return [];
    // The last one is of the whole alternative, where those before are of its branches.
    if (Number.isFinite(limit) && isLargerThan(value, thoroughLimit(schema))) return first.slice(-1).map(problemOf);
    thorough ??= compile(schema, { allErrors: true, origin });
    if (run(thorough, value) === undefined) return [TOO_DEEP];
    return (thorough.errors ?? []).slice(0, limit).map(problemOf);
  }
}

function thoroughLimit(schema: JsonSchema): number {
  return Math.min(MAX_THOROUGH_VALUES, Math.floor(MAX_THOROUGH_WORK / subschemaCount(schema)));
}

const DEEP = 'deep';

const TOO_DEEP: SchemaProblem = {
  pointer: '',
  keyword: 'depth',
  message: `the value is nested too deep: more than ${MAX_VALUE_DEPTH} levels`,
};

/** `undefined` where the stack ended: a recursive schema follows a value as deep as the value goes. */
function run(validate: ValidateFunction, value: unknown): boolean | undefined {
  try {
    return validate(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Why Ajv cannot compile a schema; `undefined` where it can. */
function compileFailure(schema: JsonSchema): string | undefined {
  try {
    compileWithAjv(schema, { allErrors: false });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What Ajv refuses although the check passed it: nothing fits such a schema of ours, and a foreign one is left to its owner. */
function compile(
  schema: JsonSchema,
  { allErrors, origin }: CompileSchemaOptions & { readonly allErrors: boolean },
): ValidateFunction {
  try {
    return compileWithAjv(schema, { allErrors });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return compileWithAjv(origin === 'foreign', { allErrors });
  }
}
