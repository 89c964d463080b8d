import type { Answer } from './envelope.ts';
import type { Store } from './store.ts';
import type { ObjectSchema } from './tool-schemas.ts';

interface ToolParts {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  /** Params that do no harm, for those who want to try it out. */
  readonly example: Readonly<Record<string, unknown>>;
  /** Whether a call changes anything; what does is counted as an effect. */
  readonly hasEffect: boolean;
}

/** A tool that answers at once, also in batches. `run` sees only params that fit `inputSchema`. */
export interface QuickTool extends ToolParts {
  readonly kind: 'quick';
  readonly run: (store: Store, params: unknown, now: Date) => unknown;
}

/** How far a long tool has come. */
export interface Progress {
  readonly progress: number;
  readonly total: number;
  readonly message: string;
}

/** A tool that works in steps, as a job or as a stream. Between two steps it can be ended. */
export interface LongTool extends ToolParts {
  readonly kind: 'long';
  readonly run: (store: Store, params: unknown, now: () => Date) => Steps;
}

/** One step of work for each progress that it yields, then the answer. */
export type Steps = Generator<Progress, Answer, undefined>;

/** One tool of the service. */
export type ServiceTool = QuickTool | LongTool;

/** Ties a tool's parameter type to its schema at one place, instead of a cast in every body. */
export function quickTool<Params>(
  parts: ToolParts & { readonly run: (store: Store, params: Params, now: Date) => unknown },
): QuickTool {
  return { ...parts, kind: 'quick', run: (store, params, now) => parts.run(store, params as Params, now) };
}

/** As {@link quickTool}. */
export function longTool<Params>(
  parts: ToolParts & { readonly run: (store: Store, params: Params, now: () => Date) => Steps },
): LongTool {
  return { ...parts, kind: 'long', run: (store, params, now) => parts.run(store, params as Params, now) };
}
