import { createSecret } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { type LoopbackService, loopbackService, type Reply } from '../loopback-service.test.support.ts';
import { connectionTo, contextOf, errorOf, everythingIn, testServices } from '../test-call.test.support.ts';
import { loadToolUniverse } from './load-tooluniverse.ts';
import { createToolUniverseTool } from './rest-tool.ts';

async function run(
  fields: object,
  input: JsonObject,
  { reply = { body: {} }, properties = {}, config = {} }: { reply?: Reply; properties?: object; config?: object } = {},
): Promise<{ service: LoopbackService; result: JsonObject }> {
  const service = await loopbackService(() => reply);
  const text = JSON.stringify(fields).replaceAll('BASE', service.url);
  const entry = {
    name: 'T',
    type: 'BaseRESTTool',
    parameter: { type: 'object', properties },
    fields: JSON.parse(text),
  };
  const { tools, report } = loadToolUniverse({ path: 'x', entries: [entry] });
  const work = tools[0]?.work;
  if (work?.kind !== 'rest') throw new Error(report[0]?.reason);
  const tool = createToolUniverseTool('T', work.plan, testServices());
  const connection = connectionTo(undefined, { config: { ...config } });
  return { service, result: await tool(input, { connection, context: contextOf() }) };
}

test('slots, default parameters and other arguments make the request; the result names the URL without them', async () => {
  const { service, result } = await run(
    { endpoint: 'BASE/x/{id}?format=json&page={page}', params: { wt: 'json', n: 5 }, headers: { Accept: 'a/b' } },
    { id: '10.1/a b', n: 7, tags: ['p', 'q'], none: null },
    { properties: { page: { default: 1 }, size: { default: 20 }, wt: { default: 'xml' } }, reply: { body: [1, 2] } },
  );
  expect(service.last().target).toBe('/x/10.1%2Fa%20b?format=json&page=1&wt=json&n=7&size=20&tags=p&tags=q');
  expect(service.last().headers).toMatchObject({ accept: 'a/b' });
  expect(result).toEqual({
    status: 'success',
    data: [1, 2],
    url: `${service.url}/x/10.1%2Fa%20b?format=json&page=1`,
    count: 2,
  });
});

test('aliases, new names and cases', async () => {
  const { service } = await run(
    {
      endpoint: 'BASE/{symbol}',
      path_aliases: { gene: 'symbol' },
      param_mapping: { top: '$top' },
      uppercase_params: ['gene'],
      lowercase_params: ['drug'],
    },
    { gene: 'cyp2d6', top: 3, drug: 'WARFARIN' },
  );
  expect(service.last().target).toBe('/CYP2D6?%24top=3&drug=warfarin');
});

test('a limit that the service does not know cuts the list here', async () => {
  const fields = { endpoint: 'BASE/x', client_side_limit: true };
  const reply = { body: [1, 2, 3] };
  const { service, result } = await run(fields, { limit: 2 }, { reply });
  expect(service.last().target).toBe('/x');
  expect(result).toMatchObject({ data: [1, 2], count: 2, total_before_limit: 3 });
  expect((await run(fields, {}, { reply, properties: { limit: { default: 1 } } })).result).toMatchObject({ data: [1] });
  expect((await run(fields, {}, { reply })).result).toMatchObject({ data: [1, 2, 3], count: 3 });
});

test('data out of an answer: a member, a text, a table', async () => {
  expect(
    (await run({ endpoint: 'BASE/', extract_path: 'items' }, {}, { reply: { body: { items: [1] } } })).result,
  ).toMatchObject({ data: [1], count: 1 });
  expect(
    (await run({ endpoint: 'BASE/', extract_path: 'absent' }, {}, { reply: { body: { a: 1 } } })).result,
  ).toMatchObject({ data: { a: 1 } });
  expect((await run({ endpoint: 'BASE/' }, {}, { reply: { body: '@article{x}' } })).result).toMatchObject({
    status: 'success',
    data: '@article{x}',
  });
  const table = { body: 'id\tname\n1\t"a ""b"""\n2\tc"d\n' };
  expect(
    (await run({ endpoint: 'BASE/', parse_csv: true, csv_delimiter: '\t' }, {}, { reply: table })).result,
  ).toMatchObject({
    data: [
      { id: '1', name: 'a "b"' },
      { id: '2', name: 'c"d' },
    ],
    count: 2,
    columns: ['id', 'name'],
  });
});

test('what the service refuses, and a web page in place of data, are results of status error', async () => {
  const { service, result } = await run(
    { endpoint: 'BASE/x' },
    { q: 1 },
    { reply: { status: 404, body: 'no such thing' } },
  );
  expect(result).toEqual({
    status: 'error',
    error: 'T API error',
    url: `${service.url}/x`,
    status_code: 404,
    detail: 'no such thing',
  });
  const page = await run(
    { endpoint: 'BASE/x' },
    {},
    { reply: { headers: { 'content-type': 'text/html' }, body: '<p>' } },
  );
  expect(page.result).toMatchObject({ status: 'error', error: 'T: the service answered a web page in place of data' });
});

test('a key goes where the entry says, and takes the place of the one that everybody may use', async () => {
  const header = { endpoint: 'BASE/x', auth_header: { env_var: 'X_KEY', header: 'x-api-key' } };
  const { service } = await run(header, {}, { config: { x_key: createSecret('s3cret-key') } });
  expect(service.last().headers['x-api-key']).toBe('s3cret-key');
  expect((await errorOf(run(header, {}))).code).toBe('CAPSTAN_NEEDS_CONFIG');
  const parameter = { endpoint: 'BASE/x', params: { token: 'demo' }, auth_param: { env_var: 'X_KEY', param: 'token' } };
  expect((await run(parameter, {})).service.last().target).toBe('/x?token=demo');
  const own = await run(
    parameter,
    {},
    { config: { x_key: createSecret('s3cret-key') }, reply: { status: 401, body: 'bad s3cret-key' } },
  );
  expect(own.service.last().target).toBe('/x?token=s3cret-key');
  expect(JSON.stringify(own.result)).not.toContain('s3cret-key');
});

test('what never became an answer is an error like that of any other tool', async () => {
  const error = await errorOf(run({ endpoint: 'http://127.0.0.1:1/x/{id}' }, { id: 'a' }));
  expect(error.code).toBe('CAPSTAN_REMOTE_UNREACHABLE');
  expect((await errorOf(run({ endpoint: 'BASE/{id}' }, {}))).code).toBe('CAPSTAN_INVALID_ARGUMENTS');
  expect((await errorOf(run({ endpoint: 'BASE/{id}' }, { id: '../x' }))).code).toBe('CAPSTAN_INVALID_ARGUMENTS');
  expect(everythingIn(error)).not.toContain('s3cret');
});
