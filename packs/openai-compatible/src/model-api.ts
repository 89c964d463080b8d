import {
  CapstanError,
  type JsonObject,
  type JsonValue,
  type PackHttpEvent,
  type PackHttpResponse,
  type ToolContext,
  type ToolServices,
} from '@capstan/sdk';
import { apiError } from './api-error.ts';

/** The API of one connection. */
export interface ModelApi {
  readonly defaultModel: string;
  readonly embeddingModel: string;
  get(path: string, context: ToolContext): Promise<JsonValue>;
  post(path: string, body: JsonObject, context: ToolContext): Promise<JsonValue>;
  /** The answer is heard event by event; a server that does not stream answers whole. */
  postStreamed(
    path: string,
    body: JsonObject,
    hearing: { readonly context: ToolContext; readonly onEvent: (event: PackHttpEvent) => void },
  ): Promise<PackHttpResponse>;
}

const VENDOR_HOST = 'api.openai.com';

/** @throws CapstanError CAPSTAN_NEEDS_CONFIG where OpenAI itself is to be called without a key, CAPSTAN_CONFIG_INVALID for a URL that is another service's. */
export function modelApi({ http, connection, config }: ToolServices): ModelApi {
  const url = baseUrl(connection.remoteClusterUrl ?? '');
  if (new URL(url).hostname === VENDOR_HOST && connection.auth.type === 'none') throw noKey();
  const send = async (method: string, path: string, context: ToolContext, body?: JsonObject): Promise<JsonValue> => {
    const response = await http.request(`${url}${path}`, { method, ...requestOf(body), context });
    if (response.status !== 200) throw apiError(response);
    return response.json();
  };
  return {
    defaultModel: String(config.default_model),
    embeddingModel: String(config.embedding_model),
    get: (path, context) => send('GET', path, context),
    post: (path, body, context) => send('POST', path, context, body),
    async postStreamed(path, body, hearing) {
      const response = await http.request(`${url}${path}`, { method: 'POST', ...requestOf(body), ...hearing });
      if (response.status !== 200) throw apiError(response);
      return response;
    },
  };
}

function requestOf(body: JsonObject | undefined): {
  readonly headers?: Record<string, string>;
  readonly body?: string;
} {
  return body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Configs are going round whose URL is the weather service's: the key must not go there. */
function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (!url)
    throw invalid('base_url is no absolute URL', 'Write it with scheme and version: https://api.openai.com/v1.');
  if (/(?:^|\.)openweathermap\.org$/.test(url.hostname)) {
    throw invalid(
      `base_url leads to ${url.hostname}, a weather service, and the API key is not sent there`,
      'Take base_url out, and the default is OpenAI; or give the URL of your own server.',
    );
  }
  return text.replace(/\/+$/, '');
}

function invalid(message: string, hint: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', message, { hint, details: { keys: ['base_url'] } });
}

function noKey(): CapstanError {
  return new CapstanError('CAPSTAN_NEEDS_CONFIG', 'OpenAI wants an API key, and none is set', {
    hint: 'Set api_token of the pack (variable OPENAI_API_KEY), or base_url of a server that wants none.',
    details: { missing: [{ key: 'api_token' }] },
  });
}
