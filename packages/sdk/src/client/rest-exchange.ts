import { CapstanError, isErrorCode } from '../capstan-error.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { ClientOptions } from './client-types.ts';

/** One request of the client. */
export interface ClientRequest {
  readonly path: string;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends requests of one workspace. @throws CapstanError for what is no JSON answer of a server. */
export function exchangeOver({ url, key, workspace = 'default', fetch: ask }: ClientOptions) {
  const base = `${url.replace(/\/+$/, '')}/v1/workspaces/${encodeURIComponent(workspace)}`;
  return async ({ path, body, headers, signal }: ClientRequest): Promise<JsonObject> => {
    const answer = await ask(`${base}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    return read(await answer.text(), answer.status);
  };
}

function read(text: string, status: number): JsonObject {
  const value = parsed(text);
  if (!isObject(value)) {
    throw new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', `the server answered ${status} without a JSON object`, {
      hint: 'Is this the address of a Capstan server?',
    });
  }
  // An outcome has its error beside its id; what was refused before there was a call has the error alone.
  if (isObject(value.error) && value.status === undefined) throw errorOf(value.error);
  return value;
}

/** An error of the wire as an error. */
export function errorOf({ code, message, hint, details }: JsonObject): CapstanError {
  const known = typeof code === 'string' && isErrorCode(code) ? code : 'CAPSTAN_INTERNAL';
  return new CapstanError(known, String(message), {
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(isObject(details) ? { details } : {}),
  });
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
