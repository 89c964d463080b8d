/** Everything that went wrong with a request, in the contract's words. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Whether the same request may succeed later. */
  readonly retriable?: boolean;
}

/** What a request ends in, before it is written down. */
export type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly failure: Failure };

/** Builds a failing {@link Answer}. */
export function fail(failure: Failure): Answer {
  return { ok: false, failure };
}

/** An answer as the bytes that a client reads; kept whole, so that a replay is the same to the byte. */
export interface WrittenAnswer {
  readonly status: number;
  readonly body: string;
}

/** Writes the envelope of the remote tool contract; `extra` stands in it beside the rest. */
export function writeAnswer(answer: Answer, now: Date, extra: Readonly<Record<string, unknown>> = {}): WrittenAnswer {
  const timestamp = now.toISOString();
  if (answer.ok) {
    return { status: 200, body: JSON.stringify({ success: true, ...extra, result: answer.result, timestamp }) };
  }
  const { status, code, message, details, retriable } = answer.failure;
  const error = { code, message, details: details ?? {}, ...(retriable === undefined ? {} : { retriable }) };
  return { status, body: JSON.stringify({ success: false, ...extra, error, timestamp }) };
}
