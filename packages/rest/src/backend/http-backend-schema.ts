import type { JsonSchema } from '@capstan/sdk';
import { HTTP_METHODS, PATH_STYLES, QUERY_STYLES } from './http-backend.ts';

type SchemaObject = { readonly [keyword: string]: unknown };

const ENCODING = { enum: ['utf8', 'base64'], default: 'utf8', description: 'What the text is: itself, or bytes.' };
const CONTENT_TYPE = { type: 'string', pattern: '^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+*-]+(;.*)?$' };
const HEADER_NAME = { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", patternErrorMessage: 'is no name of a header' };
const ERROR_CODES = ['auth', 'invalid_response', 'not_found', 'rate_limited', 'refused', 'timeout', 'unavailable'];

function text(description: string): SchemaObject {
  return { type: 'string', minLength: 1, description };
}

function flag(description: string): SchemaObject {
  return { type: 'boolean', description };
}

function count(description: string, maximum: number): SchemaObject {
  return { type: 'integer', minimum: 1, maximum, description };
}

function record(description: string, properties: SchemaObject, required: readonly string[] = []): SchemaObject {
  return { type: 'object', description, additionalProperties: false, required, properties };
}

/** What holds for one type of value, and for the others. Not `anyOf`: a mistake shall give one message. */
function forType(type: string, yes: SchemaObject, others: SchemaObject = {}): SchemaObject {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: { type }, then: yes, else: others };
}

/** A value, or an object that says more about it. */
function parameter(options: SchemaObject): SchemaObject {
  return forType('object', {
    required: ['value'],
    additionalProperties: false,
    properties: { value: {}, default: {}, ...options },
  });
}

function parameters(description: string, options: SchemaObject): SchemaObject {
  return { type: 'object', description, additionalProperties: parameter(options) };
}

const EXPLODE = flag('Lists and objects as several values in place of one.');
const QUERY_OPTIONS: SchemaObject = {
  style: { enum: QUERY_STYLES, default: 'auto' },
  explode: EXPLODE,
  allow_reserved: flag('Leave ":/?@!$\'()*,;" as they are.'),
  map: {
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'What the service calls a value: { kelvin: standard }. Others stay as they are.',
  },
};
const PATH_OPTIONS: SchemaObject = {
  style: { enum: PATH_STYLES, default: 'simple' },
  explode: EXPLODE,
  segments: flag('Slashes stay slashes.'),
};
const PART_OPTIONS: SchemaObject = {
  filename: text('May hold {argument}.'),
  content_type: CONTENT_TYPE,
  encoding: ENCODING,
};

const BODY: SchemaObject = {
  ...record('The body: one of json, form, multipart, raw.', {
    json: { description: 'Any JSON; texts may hold {argument}, and a text that is one slot takes its type.' },
    form: parameters('Fields of application/x-www-form-urlencoded.', QUERY_OPTIONS),
    multipart: parameters('Parts of multipart/form-data.', PART_OPTIONS),
    raw: text('Text, or bytes in base64; mostly "{argument}".'),
    content_type: CONTENT_TYPE,
    encoding: ENCODING,
    optional: flag('No body at all where none of its arguments is given.'),
  }),
  minProperties: 1,
};

const CREDENTIAL = text(`"\${config.key}" of a secret setting. Absent: what the connection has.`);
const AUTH_RULE = record(
  'How the call authenticates.',
  {
    type: { enum: ['api_key', 'bearer', 'basic'] },
    in: { enum: ['header', 'query', 'cookie'], default: 'header' },
    name: { type: 'string', minLength: 1, description: 'The header, parameter or cookie that carries the key.' },
    prefix: { type: 'string', description: 'What stands before the key, with its space: "Token ".' },
    value: CREDENTIAL,
    token: CREDENTIAL,
    username: CREDENTIAL,
    password: CREDENTIAL,
    optional: flag('Go without where there is no credential.'),
  },
  ['type'],
);
const AUTH: SchemaObject = forType(
  'string',
  { enum: ['connection', 'none'] },
  forType('array', { items: AUTH_RULE }, AUTH_RULE),
);

const PAGINATION = record(
  'Read several pages in one call.',
  {
    type: { enum: ['cursor', 'page', 'offset', 'link', 'url'] },
    argument: text('The argument that asks for a page: cursor, page number or offset.'),
    next: text('CEL: the next cursor, or the URL of the next page; null or "" at the end.'),
    items: text('CEL: the items of a page. Default: body.'),
    start: { type: 'integer', minimum: 0, description: 'The first page number (1) or offset (0).' },
    size: count('How many items a full page has: a shorter one is the last.', 100_000),
    max_pages: count('Default 10.', 100),
    max_items: count('Default 1,000.', 100_000),
  },
  ['type'],
);

const STATUS = { type: ['integer', 'string'], pattern: '^[1-5](\\d\\d|xx)$', minimum: 100, maximum: 599 };
const ERROR_RULE = record('What an answer means.', {
  status: forType('array', { items: STATUS, minItems: 1 }, STATUS),
  when: text('CEL: whether the rule holds. It makes an error of a 200 too.'),
  code: { enum: ERROR_CODES },
  message: text('CEL: the text for the caller.'),
  hint: text('What to do next.'),
  retriable: flag('Whether the same call may succeed later.'),
  result: text('CEL: a result in place of the error.'),
});

/** The JSON Schema of an `http:` backend. */
export const HTTP_BACKEND_SCHEMA: JsonSchema = record(
  'A declared HTTP call.',
  {
    method: { enum: HTTP_METHODS, default: 'GET' },
    url: text(`Absolute, or "\${config.base_url}/…", or a path below the URL of the connection.`),
    path: parameters('Slots of the path that are not plain arguments.', PATH_OPTIONS),
    query: parameters('Parameters of the query.', QUERY_OPTIONS),
    headers: { ...parameters('Headers.', {}), propertyNames: HEADER_NAME },
    cookies: parameters('Cookies.', {}),
    body: BODY,
    other_arguments: {
      enum: ['query', 'body', 'ignore'],
      description:
        'Where arguments go that nothing names. Default: the query of GET, HEAD, OPTIONS and DELETE, else the body.',
    },
    auth: AUTH,
    response: record('What becomes of the answer.', {
      as: { enum: ['auto', 'json', 'text', 'binary'], default: 'auto' },
      pick: text('CEL over body, status, headers and input: the result.'),
      max_bytes: count('The longest answer: 10 MiB, 5 MiB for what is not text.', 100 * 1024 * 1024),
    }),
    pagination: PAGINATION,
    errors: { type: 'array', items: ERROR_RULE },
    idempotency_header: { type: 'string', ...HEADER_NAME },
    redirects: { enum: ['follow', 'refuse'], default: 'follow', description: 'GET and HEAD, on the same host.' },
  },
  ['url'],
);
