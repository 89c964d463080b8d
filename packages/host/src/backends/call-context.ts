import { createHash } from 'node:crypto';
import type { CountsAttempts } from '@capstan/http';
import { CapstanError, type JsonValue, type Logger, type Principal, type ToolContext } from '@capstan/sdk';
import { type BatchGathering, leaveSeat } from '../batching/batch-gathering.ts';
import type { InvokeRequest } from '../host.ts';
import type { Invocation } from '../pipeline/invocation.ts';

const NO_EXTRA: Readonly<Record<string, JsonValue | undefined>> = Object.freeze({});

/**
 * What a handler sees of its call.
 *
 * The signal is made only when somebody asks for it: most calls never do, and a controller with its listener costs
 * more than all the stages together.
 */
export class CallContext implements ToolContext, CountsAttempts {
  readonly executionId: string;
  readonly principal: Principal;
  readonly tenantId = 'default';
  readonly workspaceId: string;
  readonly deadline: number;
  readonly extra: Readonly<Record<string, JsonValue | undefined>>;
  readonly logger: Logger;
  /** W3C `traceparent`, for the adapter to continue. */
  readonly traceparent: string | undefined;
  /** W3C `tracestate` that came with the caller's. */
  readonly tracestate: string | undefined;
  /** How many tools called each other to get here. */
  readonly depth: number;
  readonly #request: InvokeRequest;
  readonly #invocation: Invocation;
  #controller: AbortController | undefined;
  #abortReason: CapstanError | undefined;

  constructor(
    invocation: Invocation,
    options: { readonly deadline: number; readonly logger: Logger; readonly contextKeys: readonly string[] },
  ) {
    const { request } = invocation;
    this.executionId = invocation.executionId;
    this.principal = invocation.principal;
    this.workspaceId = invocation.workspaceId;
    this.deadline = options.deadline;
    this.extra = options.contextKeys.length === 0 ? NO_EXTRA : pick(request.context, options.contextKeys);
    this.logger = options.logger;
    this.traceparent = invocation.traceparent;
    this.tracestate = request.tracestate;
    this.depth = callDepthOf(request);
    this.#request = request;
    this.#invocation = invocation;
  }

  /** Made when asked for, because it counts for the connection that the call found. */
  get idempotencyKey(): string {
    const key = this.#request.idempotencyKey;
    return key === undefined ? this.executionId : scopedKey(this.#invocation, key);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason && !this.#controller.signal.aborted) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }

  /** Ends the call for whoever listens to its signal, now or later. */
  abort(reason: CapstanError): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  /** A getter, because one context may stand for those of several calls. */
  get noteAttempt(): CountsAttempts['noteAttempt'] {
    const invocation = this.#invocation;
    return () => {
      invocation.attempts += 1;
    };
  }

  /** A getter, so that a handler may take it out of the context. */
  get progress(): ToolContext['progress'] {
    const report = this.#request.onProgress;
    return (step) => report?.(step);
  }

  get wantsProgress(): boolean {
    return this.#request.onProgress !== undefined;
  }

  /** The calls that this one is made with; for the first who asks. */
  leaveSeat(): BatchGathering | undefined {
    return leaveSeat(this.#request);
  }

  /** Whether somebody answers {@link CallContext.elicit}. */
  get canElicit(): boolean {
    return this.#request.onElicit !== undefined;
  }

  /** Whether the caller of a workflow wants its run, not its result. */
  get isDetached(): boolean {
    return this.#request.isDetached === true;
  }

  /** The `_meta` of an MCP client's request. */
  get meta(): InvokeRequest['meta'] {
    return this.#request.meta;
  }

  /** The way back to an MCP client. */
  get channel(): InvokeRequest['channel'] {
    return this.#request.channel;
  }

  get elicit(): ToolContext['elicit'] {
    return this.#request.onElicit ?? nobodyToAsk;
  }
}

function nobodyToAsk(): Promise<never> {
  return Promise.reject(
    new CapstanError('CAPSTAN_TOOL_FAILED', 'the tool asked its user a question, but this caller cannot ask', {
      hint: 'Call the tool from an MCP client that supports elicitation.',
    }),
  );
}

const depths = new WeakMap<InvokeRequest, number>();

/** Notes that a request was made by a tool that itself was called at a depth. */
export function atCallDepth(request: InvokeRequest, depth: number): InvokeRequest {
  depths.set(request, depth);
  return request;
}

/** How many tools called each other to make this request; 0 for a caller from outside. */
export function callDepthOf(request: InvokeRequest): number {
  return request.surface === 'tool' || request.surface === 'workflow' ? (depths.get(request) ?? 0) : 0;
}

/** A caller's key counts for one principal, workspace, tool and connection: nobody gets the answer to another call. */
function scopedKey({ principal, workspaceId, tool, connectionId }: Invocation, key: string): string {
  const scope = [workspaceId, principal.id, tool?.definition.id, connectionId, key];
  return createHash('sha256').update(JSON.stringify(scope)).digest('base64url');
}

function pick(
  context: InvokeRequest['context'],
  keys: readonly string[],
): Readonly<Record<string, JsonValue | undefined>> {
  if (!context) return NO_EXTRA;
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(context, key)).map((key) => [key, context[key]]));
}
