import { CapstanError, type ErrorCode, type JsonObject, type JsonValue, type PackHttpResponse } from '@capstan/sdk';

/** By status, what the API means and what an agent can do about it. */
const MEANINGS: Readonly<Record<number, { readonly code: ErrorCode; readonly hint: string }>> = {
  400: { code: 'CAPSTAN_REMOTE_REFUSED', hint: 'Correct what the message names.' },
  401: { code: 'CAPSTAN_REMOTE_AUTH', hint: 'The API key is refused; an operator has to renew api_token.' },
  403: { code: 'CAPSTAN_REMOTE_AUTH', hint: 'The API key may not do this; choose another model, or ask an operator.' },
  404: { code: 'CAPSTAN_REMOTE_REFUSED', hint: 'Look for the name of the model with list_models.' },
  408: { code: 'CAPSTAN_REMOTE_TIMEOUT', hint: 'Ask for a shorter answer, or try again.' },
  413: { code: 'CAPSTAN_PAYLOAD_TOO_LARGE', hint: 'Send less text.' },
  429: {
    code: 'CAPSTAN_REMOTE_RATE_LIMITED',
    hint: 'The API asks to slow down: wait for details.retry_after_ms. Where the quota is used up, an operator has to see to it.',
  },
  504: { code: 'CAPSTAN_REMOTE_TIMEOUT', hint: 'Ask for a shorter answer, or try again.' },
};
const UNAVAILABLE = { code: 'CAPSTAN_REMOTE_UNAVAILABLE', hint: 'The API is failing; try again later.' } as const;
const REFUSED = { code: 'CAPSTAN_REMOTE_REFUSED', hint: 'The API refused the request; the message says why.' } as const;

/** The error of an answer that is no success. */
export function apiError(response: PackHttpResponse): CapstanError {
  const { status } = response;
  const meaning = MEANINGS[status] ?? (status >= 500 ? UNAVAILABLE : REFUSED);
  const { message, code } = said(response);
  const retryAfterS = Number(response.headers['retry-after']);
  return new CapstanError(meaning.code, message ?? `the API answered ${status}`, {
    hint: meaning.hint,
    details: {
      remote_status: status,
      ...(code === undefined ? {} : { remote_code: code }),
      ...(Number.isFinite(retryAfterS) && retryAfterS > 0 ? { retry_after_ms: retryAfterS * 1000 } : {}),
    },
  });
}

/** `{ error: { message, code } }`; vLLM writes `{ message, code }`, Ollama `{ error: "…" }`. */
function said(response: PackHttpResponse): { readonly message?: string; readonly code?: string } {
  let body: JsonValue;
  try {
    body = response.json();
  } catch {
    // A proxy's page: the status says enough.
    return {};
  }
  const error = isObject(body) ? (body.error ?? body) : body;
  if (typeof error === 'string') return { message: error };
  if (!isObject(error)) return {};
  const { message, code, type } = error;
  const remoteCode = typeof code === 'string' ? code : type;
  return {
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof remoteCode === 'string' ? { code: remoteCode } : {}),
  };
}

/** Whether a value is a JSON object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
