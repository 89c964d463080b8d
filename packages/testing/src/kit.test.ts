import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compileSchema } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testPack } from './examples/test-pack.ts';
import { loadCheck } from './load-check.ts';
import { sampleOf } from './schema-sample.ts';
import { hostForTest, serviceForTest } from './vitest.ts';

const MANIFEST = `code: notes
version: 1.0.0
description: Notes
config:
  schema:
    - { name: base_url, type: string, required: true, description: Where }
    - { name: api_token, type: string, required: true, secret: true, description: Token }
tools:
  - name: note.list
    description: Lists
    danger_level: low
    annotations: { read_only: true, idempotent: true }
    timeout_ms: 200
    retry: { max_retries: 1, base_ms: 1, max_ms: 2 }
    remote: { tool_type: note, action: list }
    examples: [{ limit: 2 }]
    input_schema: { type: object, properties: { limit: { type: integer } } }
    output_schema: { type: object, required: [items], properties: { items: { type: array, items: { type: string } } } }
  - name: note.write
    description: Writes
    danger_level: medium
    annotations: { read_only: false, idempotent: false }
    remote: { tool_type: note, action: write, connection_param: board }
    examples: [{ text: hi }]
    input_schema: { type: object, required: [text], properties: { text: { type: string } } }
  - name: note.broken
    description: Declares a call that is none
    danger_level: low
    annotations: { read_only: true }
    http: { url: "https://x.example.com/x", response: { pick: "body." } }
    examples: [{}]
`;

function packFolder(manifest: string = MANIFEST): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-kit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'manifest.yaml');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, manifest);
  return folder;
}

async function notes() {
  const service = await serviceForTest(
    { 'note.list': ({ params }) => ({ items: [String(params.limit)] }), 'note.write': null },
    { token: 't1' },
  );
  const host = await hostForTest({
    packs: { notes: packFolder() },
    config: { notes: { base_url: service.url, api_token: 't1' } },
    connections: [{ id: 'main', pack: 'notes', tool_type: 'note', name: 'Main', remote_connection_id: 'B1' }],
  });
  return { service, host };
}

describe('the fake remote service', () => {
  test('answers as it was told, and remembers what came', async () => {
    const { service, host } = await notes();
    const outcome = await host.invoke({ tool: 'note_list', arguments: { limit: 3 } });
    expect(outcome).toMatchObject({ status: 'succeeded', result: { value: { items: ['3'] } } });
    await host.invoke({ tool: 'note_write', arguments: { text: 'hi' } });
    expect(service.calls).toMatchObject([
      { tool: 'note.list', params: { limit: 3 }, headers: { authorization: 'Bearer t1' } },
      { tool: 'note.write', params: { text: 'hi', board: 'B1' }, context: { workspace_id: 'default' } },
    ]);
  });

  test.each([
    ['a status', { kind: 'status', status: 500 }, 'CAPSTAN_REMOTE_UNAVAILABLE'],
    ['an error of the contract', { kind: 'error', code: 'full', message: 'no room' }, 'CAPSTAN_REMOTE_REFUSED'],
    ['no answer', { kind: 'hang' }, 'CAPSTAN_REMOTE_TIMEOUT'],
    ['a broken connection', { kind: 'reset' }, 'CAPSTAN_REMOTE_UNREACHABLE'],
    ['garbage', { kind: 'garbage' }, 'CAPSTAN_REMOTE_INVALID_RESPONSE'],
  ] as const)('fails with %s, as often as it is told', async (_name, fault, code) => {
    const { service, host } = await notes();
    service.fail('note.list', fault, 2);
    expect(await host.invoke({ tool: 'note_list' })).toMatchObject({ status: 'failed', error: { code } });
    service.answer('note.list', { items: [] });
    service.fail('note.list', { kind: 'status', status: 503, retryAfterS: 0 });
    await expect.poll(() => host.invoke({ tool: 'note_list' })).toMatchObject({ status: 'succeeded' });
  });

  test('refuses a wrong token, and does a repeated call once', async () => {
    const { service, host } = await notes();
    const call = () => host.invoke({ tool: 'note_list', arguments: { limit: 1 }, idempotencyKey: 'same' });
    const first = await call();
    service.answer('note.list', { items: ['changed'] });
    expect(await call()).toMatchObject({ result: first.status === 'succeeded' ? first.result : {} });
    const answer = await fetch(`${service.url}/v1/tools/note.list`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
  });
});

test('a small load: every call ends once, and the service saw each once', async () => {
  const { service, host } = await notes();
  const { succeeded, codes } = await loadCheck(host, {
    calls: 200,
    concurrency: 20,
    request: (index) => ({ tool: 'note_write', arguments: { text: `${index}` } }),
  });
  expect({ succeeded, codes }).toEqual({ succeeded: 200, codes: {} });
  expect(new Set(service.calls.map(({ params }) => params.text)).size).toBe(200);
});

describe('the examples of a pack', () => {
  test('run against a stand-in where no service is named: all of them, writes too', async () => {
    const { code, isStandIn, results } = await testPack(packFolder());
    expect({ code, isStandIn }).toEqual({ code: 'notes', isStandIn: true });
    expect(results).toMatchObject([
      { tool: 'notes.note.broken', status: 'skipped', reason: expect.stringContaining('pick') },
      { tool: 'notes.note.list', example: 0, status: 'passed', result: { items: ['abc'] } },
      { tool: 'notes.note.write', example: 0, status: 'passed' },
    ]);
  });

  test('against a named service only what reads is called, unless writes are wanted; failures are told', async () => {
    const service = await serviceForTest({ 'note.list': { wrong: true }, 'note.write': {} });
    const config = { base_url: service.url, api_token: 'x' };
    const { results } = await testPack(packFolder(), { config });
    expect(results.map(({ tool, status }) => [tool, status])).toEqual([
      ['notes.note.broken', 'skipped'],
      ['notes.note.list', 'failed'],
      ['notes.note.write', 'skipped'],
    ]);
    expect(results[1]).toMatchObject({ error: { code: 'CAPSTAN_INVALID_OUTPUT' } });
  });

  test('a pack that does not load is an error that says why', async () => {
    await expect(testPack(packFolder('code: X'))).rejects.toMatchObject({ code: 'CAPSTAN_PACK_REJECTED' });
  });
});

test.each([
  [
    {
      type: 'object',
      required: ['a', 'n'],
      properties: { a: { type: 'string', minLength: 5 }, n: { type: 'integer', minimum: 3 } },
    },
  ],
  [{ type: 'array', minItems: 2, items: { enum: ['x', 'y'] } }],
  [{ type: 'string', format: 'date-time' }],
  [{ type: ['null', 'string'] }],
  [{ anyOf: [{ type: 'boolean' }, { type: 'number' }] }],
  [
    {
      $defs: { t: { type: 'object', required: ['u'], properties: { u: { type: 'string' } } } },
      type: 'object',
      required: ['t'],
      properties: { t: { $ref: '#/$defs/t' } },
    },
  ],
] satisfies readonly [JsonSchema][])('a sample fits its schema: %j', (schema) => {
  const compilation = compileSchema(schema, { origin: 'own' });
  if (!compilation.ok) throw new Error('the schema does not compile');
  expect(compilation.schema.problems(sampleOf(schema))).toEqual([]);
});
