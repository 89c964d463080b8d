import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isObject } from './json-shape.ts';
import type { WireAnswer } from './wire.ts';

/** A tool with parameters that can be tried out. */
export interface Subject {
  readonly tool: string;
  readonly params: JsonObject;
}

/** A tool as the service describes it. */
export interface OfferedTool {
  readonly name: string;
  readonly inputSchema: JsonValue | undefined;
  readonly examples: readonly JsonObject[];
  readonly isBatch: boolean;
  readonly isJob: boolean;
  readonly isStream: boolean;
}

/** What `GET /v1/tools` told. */
export type Discovery =
  | { readonly kind: 'absent'; readonly answer: WireAnswer }
  | { readonly kind: 'broken'; readonly answer: WireAnswer }
  | {
      readonly kind: 'found';
      readonly answer: WireAnswer;
      readonly document: JsonObject;
      readonly tools: readonly OfferedTool[];
      readonly isIdempotent: boolean;
    };

/** Reads the answer to `GET /v1/tools`. */
export function readDiscovery(answer: WireAnswer): Discovery {
  if (answer.status === 404) return { kind: 'absent', answer };
  const { json: document, status } = answer;
  if (status !== 200 || !isObject(document) || !Array.isArray(document.tools)) return { kind: 'broken', answer };
  const tools = document.tools.filter(isObject).flatMap(offeredTool);
  return { kind: 'found', answer, document, tools, isIdempotent: document.idempotency === true };
}

function offeredTool(entry: JsonObject): readonly OfferedTool[] {
  const { name, input_schema: inputSchema, examples, batch, job, stream } = entry;
  if (typeof name !== 'string') return [];
  return [
    {
      name,
      inputSchema,
      examples: Array.isArray(examples) ? examples.filter(isObject) : [],
      isBatch: batch === true,
      isJob: job === true,
      isStream: stream === true,
    },
  ];
}

/** What the person who runs the kit has named. */
export interface NamedSubject {
  readonly tool: string | undefined;
  readonly sample: JsonObject | undefined;
}

/** The tool that the checks call: the named one, else the first of the discovery that answers at once and has an example. */
export function chooseSubject(named: NamedSubject, discovery: Discovery): Subject | undefined {
  const tools = discovery.kind === 'found' ? discovery.tools : [];
  if (named.tool !== undefined) {
    const params = named.sample ?? tools.find(({ name }) => name === named.tool)?.examples[0];
    return params === undefined ? undefined : { tool: named.tool, params: withoutContext(params) };
  }
  return firstWithExample(tools.filter(({ isJob }) => !isJob)) ?? firstWithExample(tools);
}

/** The tool with which one form of call is checked: the subject where it offers it, else the first with an example that does. */
export function chooseOffering(
  subject: Subject | undefined,
  discovery: Discovery,
  offers: (tool: OfferedTool) => boolean,
): Subject | undefined {
  const tools = discovery.kind === 'found' ? discovery.tools.filter(offers) : [];
  if (subject !== undefined && tools.some(({ name }) => name === subject.tool)) return subject;
  return firstWithExample(tools);
}

function firstWithExample(tools: readonly OfferedTool[]): Subject | undefined {
  for (const { name, examples } of tools) {
    const [example] = examples;
    if (example !== undefined) return { tool: name, params: withoutContext(example) };
  }
  return undefined;
}

function withoutContext({ context: _context, ...params }: JsonObject): JsonObject {
  return params;
}

/** The same parameters, each of another type; undefined where there are none. */
export function wrongTypes({ params }: Subject): JsonObject | undefined {
  const entries = Object.entries(params).map(([name, value]) => [name, otherType(value)] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** An object in place of a scalar, because a service may well read `7` as "7"; a number in place of the rest. */
function otherType(value: JsonValue | undefined): JsonValue {
  return typeof value === 'object' && value !== null ? 7 : { of_another: 'type' };
}
