import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importOpenApi } from './import-openapi.ts';
import type { OpenApiTool } from './import-operation.ts';
import { packFromOpenApi } from './pack-from-openapi.ts';
import { documentWith, imported } from './spec-files.test.support.ts';

function only(paths: object, rest?: object): OpenApiTool {
  const { tools, report } = imported(documentWith(paths, rest));
  const [tool] = tools;
  if (tools.length !== 1 || !tool) throw new Error(JSON.stringify(report));
  return tool;
}

const text = { type: 'string' };

test('an operation becomes a tool: name, words, arguments, request', () => {
  const tool = only({
    '/repos/{owner}/issues': {
      parameters: [{ name: 'owner', in: 'path', required: true, schema: text, description: 'Whose' }],
      get: {
        operationId: 'issues/list-for repo',
        summary: 'List issues',
        description: 'All of them.',
        tags: ['issues'],
        parameters: [
          { name: 'labels', in: 'query', schema: { type: 'array', items: text } },
          { name: 'X-Version', in: 'header', required: true, schema: text },
          { name: 'Accept', in: 'header', schema: text },
        ],
      },
    },
  });
  expect(tool).toMatchObject({
    name: 'issues.list-for_repo',
    displayName: 'List issues',
    description: 'List issues\n\nAll of them.',
    tags: ['issues'],
    annotations: { readOnly: true, destructive: false, idempotent: true },
    dangerLevel: 'low',
    inputSchema: {
      type: 'object',
      properties: {
        owner: { ...text, description: 'Whose' },
        labels: { type: 'array', items: text },
        'X-Version': text,
      },
      required: ['owner', 'X-Version'],
      additionalProperties: false,
    },
  });
  expect(tool.backend.spec).toEqual({
    method: 'GET',
    url: '${config.base_url}/repos/{owner}/issues',
    query: { labels: '{labels}' },
    headers: { 'X-Version': '{X-Version}' },
    other_arguments: 'ignore',
  });
});

test('the properties of a JSON body stand beside the parameters; what cannot is one argument', () => {
  const body = (schema: object, required = true) => ({ required, content: { 'application/json': { schema } } });
  const object = { type: 'object', properties: { title: text, id: { readOnly: true } }, required: ['title', 'id'] };
  const spread = only({ '/x': { post: { requestBody: body(object) } } });
  expect(spread.inputSchema).toMatchObject({ properties: { title: text }, required: ['title'] });
  expect(spread.backend.spec.body).toEqual({ json: { title: '{title}' } });
  const optional = only({ '/x': { post: { requestBody: body(object, false) } } });
  expect(optional.inputSchema).not.toHaveProperty('required');
  expect(optional.backend.spec.body).toEqual({ json: { title: '{title}' }, optional: true });
  const clash = only({ '/x/{title}': { post: { requestBody: body(object) } } });
  expect(clash.inputSchema).toMatchObject({
    properties: { title: text, body: { type: 'object' } },
    required: ['title', 'body'],
  });
  for (const schema of [
    { type: 'array', items: text },
    { ...object, anyOf: [{}] },
    { ...object, additionalProperties: true },
  ]) {
    expect(only({ '/x': { post: { requestBody: body(schema) } } }).backend.spec.body).toEqual({ json: '{body}' });
  }
});

test('allOf is merged, through references', () => {
  const schemas = { Base: { type: 'object', properties: { a: text }, required: ['a'] } };
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Base' }, { properties: { b: { $ref: '#/components/schemas/Base' } } }],
  };
  const { inputSchema } = only(
    { '/x': { put: { requestBody: { required: true, content: { '*/*': { schema } } } } } },
    { components: { schemas } },
  );
  expect(inputSchema).toMatchObject({
    properties: { a: text, b: { $ref: '#/$defs/Base' } },
    required: ['a'],
    $defs: { Base: { type: 'object' } },
  });
});

test('two parameters of one name keep apart, and a slot that nobody describes is a text', () => {
  const tool = only({
    '/x/{id}/{Other Id}': { get: { parameters: [{ name: 'id', in: 'query', schema: { type: 'integer' } }] } },
  });
  expect(tool.inputSchema).toMatchObject({
    properties: { id: text, Other_Id: text, id_query: { type: 'integer' } },
    required: ['id', 'Other_Id'],
  });
  expect(tool.backend.spec).toMatchObject({ url: '${config.base_url}/x/{id}/{Other_Id}', query: { id: '{id_query}' } });
});

test('styles of parameters are kept where they are not the plain ones', () => {
  const schema = { type: 'array', items: text };
  const parameters = [
    { name: 'p', in: 'path', required: true, style: 'matrix', explode: true, schema },
    { name: 'a', in: 'query', explode: false, schema },
    { name: 'b', in: 'query', style: 'deepObject', explode: true, schema: { type: 'object' } },
    { name: 'c', in: 'query', content: { 'application/json': { schema: { type: 'object' } } } },
    { name: 'd', in: 'query', schema: { type: 'object' } },
    { name: 'e', in: 'query', allowReserved: true, schema: text },
    { name: 's', in: 'cookie', schema: text },
  ];
  expect(only({ '/x/{p}': { get: { parameters } } }).backend.spec).toMatchObject({
    path: { p: { value: '{p}', style: 'matrix', explode: true } },
    query: {
      a: { value: '{a}', style: 'form', explode: false },
      b: { value: '{b}', style: 'deepObject', explode: true },
      c: { value: '{c}', style: 'json' },
      d: { value: '{d}', style: 'form', explode: true },
      e: { value: '{e}', allow_reserved: true },
    },
    cookies: { s: '{s}' },
  });
});

test('forms, files and raw bodies', () => {
  const file = { type: 'string', format: 'binary' };
  const post = (type: string, media: object) =>
    only({ '/x': { post: { requestBody: { required: true, content: { [type]: media } } } } });
  const form = post('application/x-www-form-urlencoded', {
    schema: { type: 'object', properties: { a: text, m: { type: 'object' } } },
    encoding: { m: { style: 'deepObject', explode: true } },
  });
  expect(form.backend.spec.body).toEqual({ form: { a: '{a}', m: { value: '{m}', style: 'deepObject' } } });
  const upload = post('multipart/form-data', {
    schema: { type: 'object', properties: { a: text, f: file } },
    encoding: { f: { contentType: 'image/png' } },
  });
  expect(upload.backend.spec.body).toEqual({
    multipart: { a: '{a}', f: { value: '{f}', encoding: 'base64', content_type: 'image/png' } },
  });
  expect(upload.inputSchema).toMatchObject({ properties: { f: { type: 'string', contentEncoding: 'base64' } } });
  expect(post('application/octet-stream', { schema: file }).backend.spec.body).toEqual({
    raw: '{body}',
    content_type: 'application/octet-stream',
    encoding: 'base64',
  });
  expect(post('application/xml', { schema: {} }).backend.spec.body).toEqual({
    raw: '{body}',
    content_type: 'application/xml',
  });
});

test('security schemes become settings and auth', () => {
  const securitySchemes = {
    oauth: { type: 'oauth2', flows: {} },
    KeyAuth: { type: 'apiKey', in: 'query', name: 'key' },
    tls: { type: 'mutualTLS' },
  };
  const operation = (security: unknown) => ({
    get: { operationId: 'x', ...(security === undefined ? {} : { security }) },
  });
  const auth = (security: unknown) =>
    only({ '/x': operation(security) }, { components: { securitySchemes }, security: [{ oauth: [] }] }).backend.spec
      .auth;
  expect(auth(undefined)).toEqual({ type: 'bearer', token: '${config.api_token}' });
  expect(auth([{ tls: [] }, { KeyAuth: [] }])).toEqual({
    type: 'api_key',
    in: 'query',
    name: 'key',
    value: '${config.api_key}',
  });
  expect(auth([{ KeyAuth: [], oauth: [] }])).toHaveLength(2);
  expect(auth([{ KeyAuth: [] }, {}])).toMatchObject({ optional: true });
  expect(auth([])).toBe('none');
  const { report } = imported(documentWith({ '/x': operation([{ tls: [] }]) }, { components: { securitySchemes } }));
  expect(report).toEqual([
    { operation: 'GET /x', status: 'skipped', reason: 'it authenticates only by tls, which is not supported' },
  ]);
});

test('settings: what every operation needs is required, the base URL has the default of the document', () => {
  const securitySchemes = { a: { type: 'http', scheme: 'bearer' }, b: { type: 'apiKey', in: 'header', name: 'X-B' } };
  const paths = { '/x': { get: { security: [{ a: [] }] } }, '/y': { get: { security: [{ a: [], b: [] }] } } };
  const { config, egress } = imported(documentWith(paths, { components: { securitySchemes } }));
  expect(config).toMatchObject({
    properties: {
      base_url: { default: 'https://api.example.com/v1' },
      api_token: { 'x-secret': true },
      api_key: { 'x-secret': true },
    },
    required: ['api_token'],
  });
  expect(egress).toEqual(['${config.base_url}', 'api.example.com']);
  const relative = imported(documentWith({ '/x': { get: {} } }, { servers: [{ url: '/api' }] }));
  expect(relative.config.required).toEqual(['base_url']);
});

test('servers: variables take their defaults, and an operation may have one of its own', () => {
  const servers = [
    { url: 'https://{region}.example.com:{port}', variables: { region: { default: 'eu' }, port: { default: 8443 } } },
  ];
  const { config, tools, egress } = imported(
    documentWith(
      { '/x': { get: {} }, '/up': { servers: [{ url: 'https://uploads.example.com' }], post: {} } },
      { servers },
    ),
  );
  expect(config.properties.base_url?.default).toBe('https://eu.example.com:8443');
  expect(tools.map(({ backend }) => backend.spec.url)).toEqual([
    '${config.base_url}/x',
    'https://uploads.example.com/up',
  ]);
  expect(egress).toEqual(['${config.base_url}', 'eu.example.com:8443', 'uploads.example.com']);
});

test('names are unique: the operation id, else method and path', () => {
  const get = (operationId?: string) => ({ get: operationId === undefined ? {} : { operationId } });
  const { tools } = imported(
    documentWith({
      '/a': get('list'),
      '/b/{id}/c': get('LIST'),
      '/d': get(),
      '/e.f/{g-h}': get(),
      '/i': get('x'.repeat(200)),
      '/j': get('??'),
    }),
  );
  expect(tools.map(({ name }) => name.replace(/x{50,}/, 'xx'))).toEqual([
    'list',
    'get_b_id_c',
    'get_d',
    'get_e_f_g-h',
    expect.stringMatching(/^xx_[0-9a-f]{6}$/),
    'get_j',
  ]);
});

test('some operations: by tag, path and id', () => {
  const operation = (operationId: string, tag: string) => ({
    get: { operationId, tags: [tag] },
    post: { operationId: `new-${operationId}`, tags: [tag] },
  });
  const document = documentWith({
    '/a/{id}': operation('one', 'x'),
    '/a/{id}/deep': operation('two', 'y'),
    '/b': operation('three', 'z'),
  });
  const names = (filter: Parameters<typeof imported>[1]) => imported(document, filter).tools.map(({ name }) => name);
  expect(names({ include: { tags: ['z'] } })).toEqual(['three', 'new-three']);
  expect(names({ include: { paths: ['/a/*'], operations: ['new-two'] } })).toEqual(['one', 'new-one', 'new-two']);
  expect(names({ include: { paths: ['/a/**'] }, exclude: { operations: ['new-*'] } })).toEqual(['one', 'two']);
  const { report } = imported(document, { exclude: { tags: ['x', 'y'] } });
  expect(report[0]).toEqual({ operation: 'GET /a/{id}', status: 'excluded', reason: 'it is among those to exclude' });
});

test('one broken operation stops no other, and the report says why', () => {
  const { tools, report } = imported(
    documentWith(
      {
        '/ok': { get: {} },
        '/ref': { $ref: 'paths.yaml#/x' },
        '/parameter': { get: { parameters: [{ $ref: '#/components/parameters/absent' }] } },
        '/place': { get: { parameters: [{ name: 'x', in: 'body' }] } },
        '/trace': { trace: {} },
        '/loop': { get: { parameters: [{ $ref: '#/components/parameters/loop' }] } },
        '/null': null,
      },
      { components: { parameters: { loop: { $ref: '#/components/parameters/loop' } } } },
    ),
  );
  expect(tools.map(({ name }) => name)).toEqual(['get_ok']);
  expect(
    report.filter(({ status }) => status === 'skipped').map(({ operation, reason }) => `${operation}: ${reason}`),
  ).toEqual([
    '/ref: it refers to another document: paths.yaml#/x',
    'GET /parameter: it refers to "#/components/parameters/absent", which is not there',
    'GET /place: a parameter has no name, or no place that is known: "body"',
    'TRACE /trace: the method TRACE is not called',
    'GET /loop: a reference leads back to itself',
    '/null: the path is not an object',
  ]);
});

test.each([null, [], 'x', {}, { swagger: '2.0' }, { openapi: '4.0.0' }, { openapi: 3 }])(
  'what is no OpenAPI 3 is refused: %j',
  (document) => {
    expect(importOpenApi(document)).toMatchObject({ ok: false, message: expect.any(String), hint: expect.any(String) });
  },
);

test('a document of nothing, and one of nonsense, give no tools and no exception', () => {
  expect(imported({ openapi: '3.1.0' })).toMatchObject({ tools: [], report: [] });
  const nonsense = {
    openapi: '3.0.0',
    info: 5,
    servers: [1, { url: 7 }],
    paths: { '/x': { get: { parameters: 'a', tags: 5, requestBody: { content: 7 } } } },
    components: 9,
    security: 'x',
  };
  expect(imported(nonsense).tools).toHaveLength(1);
});

test('whatever a document holds, it is imported or refused, and never an exception', () => {
  const word = fc.constantFrom(
    'get',
    'post',
    '/a/{b}',
    '/{__proto__}',
    'parameters',
    'name',
    'in',
    'query',
    'path',
    'schema',
    '$ref',
    '#/paths',
    '#',
    'requestBody',
    'content',
    'application/json',
    'multipart/form-data',
    'properties',
    'allOf',
    'items',
    'type',
    'object',
    'security',
    'servers',
    'url',
    'https://x/{y}',
    '__proto__',
    'required',
    'x-a',
    '{}',
    'nullable',
  );
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 7 },
      word,
      fc.boolean(),
      fc.integer(),
      fc.constant(null),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(word, tie('node'), { maxKeys: 4 }),
    ),
  }));
  const operation = fc.record(
    {
      parameters: fc.array(
        fc.record({ name: word, in: fc.constantFrom('query', 'path', 'header', 'cookie'), schema: node }),
      ),
      requestBody: fc.record({ content: fc.dictionary(word, fc.record({ schema: node, encoding: node })) }),
      security: node,
    },
    { requiredKeys: [] },
  );
  const document = fc.record(
    {
      openapi: fc.constantFrom('3.0.0', '3.1.0'),
      paths: fc.oneof(node, fc.dictionary(word, fc.dictionary(word, fc.oneof(operation, node)))),
      components: node,
      servers: node,
      info: node,
    },
    { requiredKeys: ['openapi'] },
  );
  fc.assert(
    fc.property(document, (each) => {
      const reading = importOpenApi(JSON.parse(JSON.stringify(each)));
      expect(reading.ok && reading.report.every(({ tool, reason }) => tool !== undefined || reason !== undefined)).toBe(
        true,
      );
      expect(packFromOpenApi(each).ok).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('parameters of names that objects inherit keep their names', () => {
  const parameters = ['__proto__', 'constructor', 'toString'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }));
  const tool = only({ '/x': { get: { parameters } } });
  expect(Object.keys(Object(tool.backend.spec.query))).toEqual(['__proto__', 'constructor', 'toString']);
});
