import {
  CapstanError,
  type ErrorCode,
  type JsonObject,
  type JsonValue,
  type PackHttp,
  type PackHttpResponse,
  type ToolContext,
} from '@capstan/sdk';

/** One request, as an agent describes it. */
export interface UrlCall {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: JsonObject;
  readonly params?: JsonObject;
}

const SHOWN_CHARACTERS = 2_000;
/** By status, what an agent can do. */
const MEANINGS: Readonly<Record<number, { readonly code: ErrorCode; readonly hint: string }>> = {
  401: { code: 'CAPSTAN_REMOTE_AUTH', hint: 'The API wants credentials, or refuses these.' },
  403: { code: 'CAPSTAN_REMOTE_AUTH', hint: 'The API does not allow this with these credentials.' },
  404: { code: 'CAPSTAN_REMOTE_REFUSED', hint: 'Check the path of the URL, and the ids in it.' },
  408: { code: 'CAPSTAN_REMOTE_TIMEOUT', hint: 'Try again, or ask for less.' },
  429: {
    code: 'CAPSTAN_REMOTE_RATE_LIMITED',
    hint: 'The API asks to slow down; details.headers may say for how long.',
  },
  504: { code: 'CAPSTAN_REMOTE_TIMEOUT', hint: 'Try again, or ask for less.' },
};
const REFUSED = {
  code: 'CAPSTAN_REMOTE_REFUSED',
  hint: 'Correct the request; details.data has what the API says.',
} as const;
const FAILING = { code: 'CAPSTAN_REMOTE_UNAVAILABLE', hint: 'The API is failing; try again later.' } as const;
const REDIRECTED = {
  code: 'CAPSTAN_REMOTE_REFUSED',
  hint: 'It is a redirect, and none is followed: call the URL in details.location.',
} as const;

/** Makes a request. @throws CapstanError for an answer that is no success, with its status and data. */
export async function callUrl(http: PackHttp, call: UrlCall, context: ToolContext): Promise<JsonObject> {
  const response = await http.request(withParams(call.url, call.params ?? {}), {
    method: call.method ?? 'GET',
    headers: {
      ...(call.data === undefined ? {} : { 'content-type': 'application/json' }),
      ...lowerCase(call.headers ?? {}),
    },
    ...(call.data === undefined ? {} : { body: JSON.stringify(call.data) }),
    context,
  });
  const data = dataOf(response);
  const { status, headers } = response;
  if (status >= 200 && status < 300) return { status_code: status, data, headers };
  throw refused(response, data);
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** @throws CapstanError CAPSTAN_INVALID_ARGUMENTS for what is no URL. */
function withParams(text: string, params: JsonObject): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CapstanError(
      'CAPSTAN_INVALID_ARGUMENTS',
      `not an http or https URL: ${JSON.stringify(text.slice(0, 200))}`,
      {
        hint: 'Give the whole URL, with its scheme and host.',
      },
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', 'a URL with a user name and password in it is not called', {
      hint: 'Credentials belong into a header, or better into a connection.',
    });
  }
  for (const [name, value] of Object.entries(params)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null && item !== undefined) url.searchParams.append(name, textOf(item));
    }
  }
  return url.href;
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function dataOf(response: PackHttpResponse): JsonValue {
  if (response.text === '') return null;
  if (!/\bjson\b/i.test(response.headers['content-type'] ?? '')) return response.text;
  try {
    return response.json();
  } catch {
    // It says that it is JSON, and is not: the text tells more than an error.
    return response.text;
  }
}

function refused({ status, headers, text }: PackHttpResponse, data: JsonValue): CapstanError {
  const isRedirect = status >= 300 && status < 400;
  const meaning = MEANINGS[status] ?? (isRedirect ? REDIRECTED : status >= 500 ? FAILING : REFUSED);
  const location = headers.location;
  return new CapstanError(meaning.code, `the API answered ${status}`, {
    hint: meaning.hint,
    details: {
      status_code: status,
      data: text.length > SHOWN_CHARACTERS ? text.slice(0, SHOWN_CHARACTERS) : data,
      ...(location === undefined ? {} : { location }),
      ...(headers['retry-after'] === undefined ? {} : { headers: { 'retry-after': headers['retry-after'] } }),
    },
  });
}
