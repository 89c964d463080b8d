import type { HttpAnswer } from '@capstan/http';
import type { JsonObject, JsonValue, ToolProgress } from '@capstan/sdk';

import { foreignText } from './foreign-text.ts';

/** Long work, as the service describes it. */
export interface RemoteJob {
  readonly status: string;
  /** A URI reference, against the URL of the call. */
  readonly statusUrl?: string;
  readonly pollAfterMs?: number;
  readonly progress?: ToolProgress;
}

/** What a body says, by the contract. */
export type Envelope =
  | { readonly kind: 'success'; readonly result: JsonValue }
  | {
      readonly kind: 'error';
      readonly code: string | undefined;
      readonly message: string | undefined;
      readonly details: JsonValue | undefined;
      readonly retriable: boolean | undefined;
    }
  | { readonly kind: 'job'; readonly job: RemoteJob }
  /** `why` completes "The remote service answered 200 …". */
  | { readonly kind: 'none'; readonly why: string };

const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Reads the envelope of an answer. Whatever the bytes are, it does not throw. */
export function readEnvelope({ headers, body }: HttpAnswer): Envelope {
  const type = headers['content-type'];
  // A service that names no type may still keep to the contract; one that names another does not.
  if (type !== undefined && !(typeof type === 'string' && JSON_TYPE.test(type))) {
    return none(`with content type ${String(type)} in place of application/json`);
  }
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding !== 'identity')
    return none(`in the coding ${String(coding)}, which nobody asked for`);
  if (body.length === 0) return none('with an empty body');
  const value = parseJson(body);
  if (value === undefined) return none('with a body that is not JSON');
  if (!isObject(value)) return none('with JSON that is no object');
  return readEnvelopeObject(value);
}

/** Reads the envelope that a JSON object is. */
export function readEnvelopeObject(value: JsonObject): Envelope {
  const { success, result, error } = value;
  const job = readJob(value.job);
  // An ended job may have its envelope beside it; one that goes on has no result yet.
  if (job !== undefined && result === undefined && success !== false) return { kind: 'job', job };
  // The seed's own client reads a missing result as an empty object.
  if (success === true) return { kind: 'success', result: result === undefined ? {} : result };
  if (success !== false) return none('with an object whose "success" is neither true nor false');
  if (typeof error === 'string') return { ...UNKNOWN_ERROR, message: error };
  if (!isObject(error)) return UNKNOWN_ERROR;
  const { code, message, details, retriable } = error;
  return {
    kind: 'error',
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
    message: typeof message === 'string' && message !== '' ? message : undefined,
    details,
    retriable: typeof retriable === 'boolean' ? retriable : undefined,
  };
}

/** The job of an answer; what is of the wrong type counts as absent. */
export function readJob(value: JsonValue | undefined): RemoteJob | undefined {
  if (!isObject(value)) return undefined;
  const { status, status_url: statusUrl, poll_after_ms: pollAfterMs } = value;
  const progress = readProgress(value.progress);
  return {
    status: typeof status === 'string' ? status : 'queued',
    ...(typeof statusUrl === 'string' ? { statusUrl } : {}),
    ...(typeof pollAfterMs === 'number' ? { pollAfterMs } : {}),
    ...(progress === undefined ? {} : { progress }),
  };
}

/** A step of progress, in a job or an event. */
export function readProgress(value: JsonValue | undefined): ToolProgress | undefined {
  if (!isObject(value) || typeof value.progress !== 'number') return undefined;
  const { progress, total, message } = value;
  return {
    progress,
    ...(typeof total === 'number' ? { total } : {}),
    ...(typeof message === 'string' ? { message: foreignText(message) } : {}),
  };
}

const UNKNOWN_ERROR: Extract<Envelope, { kind: 'error' }> = {
  kind: 'error',
  code: undefined,
  message: undefined,
  details: undefined,
  retriable: undefined,
};

function none(why: string): Envelope {
  return { kind: 'none', why };
}

/** A body as JSON, or `undefined`. */
export function parseJson(body: Buffer): JsonValue | undefined {
  const text = body.toString('utf8');
  try {
    // RFC 8259, section 8.1: a parser may ignore a byte order mark.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
