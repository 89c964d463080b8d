import { type Answer, type Failure, fail, type WrittenAnswer } from './envelope.ts';
import { compileParams, type ParamCheck, type ParamProblem } from './params.ts';
import { SERVICE_TOOLS } from './service-tools.ts';
import type { ServiceTool } from './tools.ts';

/** One request for a tool, as it came in. */
export interface ToolRequest {
  /** `line.send_message`, with `:batch` behind it for many at once. */
  readonly tool: string;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
  /** Whether the caller can read an event stream. */
  readonly wantsStream: boolean;
}

/** One event of a stream; `data` is JSON. */
export interface StreamEvent {
  readonly event: 'progress' | 'result' | 'error';
  readonly data: string;
}

/** How a call ends on the wire. */
export type ToolReply =
  | {
      readonly kind: 'answer';
      readonly answer: WrittenAnswer;
      readonly replayed: boolean;
      readonly retryAfterS?: number;
    }
  | { readonly kind: 'stream'; readonly events: AsyncIterable<StreamEvent> }
  | { readonly kind: 'cut' }
  | { readonly kind: 'half'; readonly answer: WrittenAnswer };

/** A tool with the check of its params. */
export interface Offer<Tool extends ServiceTool = ServiceTool> {
  readonly tool: Tool;
  readonly check: ParamCheck;
}

const OFFERS: ReadonlyMap<string, Offer> = new Map(
  SERVICE_TOOLS.map((tool) => [tool.name, { tool, check: compileParams(tool.inputSchema) }]),
);

/** What a name stands for. */
export type Lookup =
  | { readonly kind: 'single'; readonly offer: Offer }
  | { readonly kind: 'batch'; readonly offer: Offer }
  | { readonly kind: 'unknown'; readonly failure: Failure };

const BATCH = ':batch';

/** Finds a tool by what stands in the path. */
export function lookUp(path: string): Lookup {
  const isBatch = path.endsWith(BATCH);
  const name = isBatch ? path.slice(0, -BATCH.length) : path;
  const offer = OFFERS.get(name);
  if (offer === undefined) return { kind: 'unknown', failure: unknownTool(name) };
  if (!isBatch) return { kind: 'single', offer };
  return offer.tool.kind === 'quick' ? { kind: 'batch', offer } : { kind: 'unknown', failure: noBatches(name) };
}

/** Params that fit their tool, or the answer that says why they do not. */
export type ReadParams =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly answer: Answer };

/** Splits `context` off, whatever keys it holds, and checks the rest. */
export function readParams(body: unknown, { check }: Offer): ReadParams {
  if (!isObject(body)) return { ok: false, answer: fail(notAnObject) };
  const { context, ...params } = body;
  const problems = [...contextProblems(context), ...check(params)];
  return problems.length === 0 ? { ok: true, value: params } : { ok: false, answer: fail(invalidParams(problems)) };
}

/** Most items of a batch. */
const MAX_ITEMS = 100;

/** The items of a batch, or the answer that says why there are none. */
export function readItems(
  body: unknown,
): { readonly ok: true; readonly items: readonly unknown[] } | { readonly ok: false; readonly answer: Answer } {
  if (!isObject(body)) return { ok: false, answer: fail(notAnObject) };
  const { items } = body;
  if (!Array.isArray(items)) {
    const problem = { pointer: '/items', keyword: 'type', message: 'must be array' };
    return { ok: false, answer: fail(invalidParams([problem])) };
  }
  if (items.length <= MAX_ITEMS) return { ok: true, items };
  const problem = { pointer: '/items', keyword: 'maxItems', message: `must NOT have more than ${MAX_ITEMS} items` };
  return { ok: false, answer: fail(invalidParams([problem])) };
}

/** Visible ASCII, as in the IETF draft of the header; the length is ours. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Why a key cannot be one. */
export function flawOfKey(key: string | undefined): Failure | undefined {
  if (key === undefined || IDEMPOTENCY_KEY.test(key)) return undefined;
  const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters';
  return { status: 400, code: 'INVALID_IDEMPOTENCY_KEY', message };
}

/** The seed's own client sends `null` where it has no context. */
function contextProblems(context: unknown): readonly ParamProblem[] {
  if (context === undefined || context === null || isObject(context)) return [];
  return [{ pointer: '/context', keyword: 'type', message: 'must be object' }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const notAnObject: Failure = { status: 400, code: 'INVALID_BODY', message: 'the body must be a JSON object' };

function unknownTool(name: string): Failure {
  const known = SERVICE_TOOLS.map((tool) => tool.name);
  return { status: 404, code: 'UNKNOWN_TOOL', message: `there is no tool '${name}'`, details: { known } };
}

function noBatches(name: string): Failure {
  return { status: 404, code: 'UNKNOWN_TOOL', message: `the tool '${name}' takes no batches` };
}

function invalidParams(problems: readonly ParamProblem[]): Failure {
  const message = `${problems.length} of the params ${problems.length === 1 ? 'does' : 'do'} not fit`;
  return { status: 422, code: 'INVALID_PARAMS', message, details: { problems }, retriable: false };
}
