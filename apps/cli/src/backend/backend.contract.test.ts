import { join } from 'node:path';
import { createHost, type Host } from '@capstan/host';
import { CapstanError, isCapstanError, type ToolProgress, toolResult } from '@capstan/sdk';
import { startServer } from '@capstan/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import type { Backend } from './backend.ts';
import { createHostBackend } from './host-backend.ts';
import { createRestBackend } from './rest-backend.ts';

/*
 * One suite for both ways to a host. Where it says nothing else, a view of one driver equals that of the other.
 */

const workspace = 'default';

async function exampleHost(config: string): Promise<Host> {
  const environment = { EXAMPLE_REMOTE_BASE_URL: 'http://127.0.0.1:9' };
  const host = await createHost({ config, environment });
  const schema = { type: 'object', properties: { text: { type: 'string' } }, additionalProperties: false };
  host.register({
    id: 'app.echo',
    description: 'Says it again.',
    inputSchema: schema,
    outputSchema: { type: 'object' },
    annotations: { readOnly: true, idempotent: true },
    dangerLevel: 'low',
    handler: (input) => ({ said: input }),
  });
  host.register({
    id: 'app.picture',
    description: 'Content of its own.',
    handler: () =>
      toolResult({
        content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png', extra: { kept: true } }],
        structured: { drawn: true },
        meta: { 'vendor/trace': 'x' },
      }),
  });
  host.register({
    id: 'app.slow',
    description: 'Waits until it is told not to.',
    handler: (_input, context) =>
      new Promise((_resolve, reject) => {
        for (const progress of [1, 2]) context.progress({ progress, total: 2, message: `step ${progress}` });
        context.signal.addEventListener('abort', () => reject(context.signal.reason));
      }),
  });
  host.register({
    id: 'app.steps',
    description: 'Tells how far it is.',
    handler: async (_input, context) => {
      context.progress({ progress: 1, total: 2, message: 'half' });
      context.progress({ progress: 2, total: 2 });
      return 'done';
    },
  });
  host.register({
    id: 'app.refuse',
    description: 'Fails in its own words.',
    handler: () => {
      throw new CapstanError('CAPSTAN_REMOTE_REFUSED', 'not today', {
        hint: 'Ask tomorrow.',
        details: { remote_code: 'CLOSED' },
        cause: new Error('secret inside'),
      });
    },
  });
  return host;
}

let folder: ExampleFolder;
let host: Host;
let server: Awaited<ReturnType<typeof startServer>>;
const drivers: { inProcess?: Backend; rest?: Backend } = {};

beforeAll(async () => {
  folder = exampleFolder();
  host = await exampleHost(join(folder.path, 'capstan.yaml'));
  const key = 'key-of-the-suite';
  server = await startServer({ host, keys: [{ name: 'suite', role: 'admin', value: key }], listen: { port: 0 } });
  const principal = { id: 'system:cli', roles: ['admin'], permissions: [] };
  drivers.inProcess = createHostBackend({ host, principal, surface: 'cli', close: async () => {} });
  drivers.rest = createRestBackend({ url: server.url, key, pollMs: 20, now: monotonic() });
});

afterAll(async () => {
  await drivers.rest?.close();
  await server.close();
  await host.close();
  folder.remove();
});

/** Each look is two seconds later than the last, so that nothing is taken to be fresh. */
function monotonic(): () => number {
  let now = 0;
  return () => {
    now += 2000;
    return now;
  };
}

function driver(name: keyof typeof drivers): Backend {
  const backend = drivers[name];
  if (backend === undefined) throw new Error(`no driver ${name}`);
  return backend;
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (isCapstanError(error) ? error.code : error),
  );
}

test('both drivers show the same views, member for member', async () => {
  const [here, there] = [driver('inProcess'), driver('rest')];
  expect(await there.listTools({ workspace })).toEqual(await here.listTools({ workspace }));
  const tools = (await here.listTools({ workspace })).items;
  for (const { id } of tools) expect(await there.findTool(id, workspace)).toEqual(await here.findTool(id, workspace));
  expect(await there.listPacks(workspace)).toEqual(await here.listPacks(workspace));
  expect(await there.listConnections(workspace)).toEqual(await here.listConnections(workspace));
  expect(await there.explainConfig('notes', { workspace })).toEqual(await here.explainConfig('notes', { workspace }));
  const [ours, theirs] = [await here.catalog(workspace), await there.catalog(workspace)];
  expect(theirs.tools.map(({ exposedName }) => exposedName)).toEqual(ours.tools.map(({ exposedName }) => exposedName));
});

describe.each(['inProcess', 'rest'] as const)('%s', (name) => {
  test('lists tools in pages, and finds them by words', async () => {
    const first = await driver(name).listTools({ workspace, limit: 2 });
    expect(first.items).toHaveLength(2);
    const rest = await driver(name).listTools({ workspace, cursor: first.next_cursor ?? '' });
    expect(rest.items.length + 2).toBe(host.listTools().items.length);
    const found = await driver(name).listTools({ workspace, search: 'picture' });
    expect(found.items[0]?.id).toBe('app.picture');
  });

  test('finds one tool by exposed name and by tool id, and says nothing of one that is not there', async () => {
    expect(await driver(name).findTool('app.echo', workspace)).toMatchObject({ id: 'app.echo', backend: 'code' });
    expect(await driver(name).findTool('nothing', workspace)).toBeUndefined();
  });

  test('a call brings the value', async () => {
    const outcome = await driver(name).invoke({ workspace, tool: 'app.echo', arguments: { text: 'hä' } });
    expect(outcome).toMatchObject({ status: 'succeeded', result: { value: { said: { text: 'hä' } } } });
  });

  test('content and meta of a tool arrive untouched', async () => {
    const outcome = await driver(name).invoke({ workspace, tool: 'app.picture', arguments: {} });
    expect(outcome).toMatchObject({
      result: {
        value: { drawn: true },
        content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png', extra: { kept: true } }],
        meta: { 'vendor/trace': 'x' },
      },
    });
  });

  test('progress arrives while the call runs, in order', async () => {
    const steps: ToolProgress[] = [];
    const outcome = await driver(name).invoke({
      workspace,
      tool: 'app.steps',
      arguments: {},
      onProgress: (step) => steps.push(step),
    });
    expect(outcome).toMatchObject({ status: 'succeeded', result: { value: 'done' } });
    expect(steps).toEqual([
      { progress: 1, total: 2, message: 'half' },
      { progress: 2, total: 2 },
    ]);
  });

  test('an error keeps code, message, hint and details, and loses its cause', async () => {
    const outcome = await driver(name).invoke({ workspace, tool: 'app.refuse', arguments: {} });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: {
        code: 'CAPSTAN_REMOTE_REFUSED',
        message: 'not today',
        hint: 'Ask tomorrow.',
        details: { remote_code: 'CLOSED' },
      },
    });
    expect(outcome.executionId).toMatch(/^exe_/u);
  });

  test('wrong arguments come back with every problem', async () => {
    const outcome = await driver(name).invoke({ workspace, tool: 'app.echo', arguments: { text: 5, more: 1 } });
    if (outcome.status !== 'failed') throw new Error(outcome.status);
    expect(outcome.error.code).toBe('CAPSTAN_INVALID_ARGUMENTS');
    expect(outcome.error.details.problems).toHaveLength(2);
  });

  test('an unknown tool is an outcome', async () => {
    const outcome = await driver(name).invoke({ workspace, tool: 'nothing', arguments: {} });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_TOOL_NOT_FOUND' } });
  });

  test('aborting cancels the call in the host, and the caller hears CAPSTAN_CANCELLED', async () => {
    const cancel = new AbortController();
    const finished = new Promise<string | undefined>((resolve) => {
      const stop = host.on('invocation:finished', ({ tool, code }) => {
        if (tool !== 'app.slow') return;
        stop();
        resolve(code);
      });
    });
    const call = driver(name)
      .invoke({
        workspace,
        tool: 'app.slow',
        arguments: {},
        signal: cancel.signal,
        onProgress: ({ progress }) => progress === 2 && cancel.abort(),
      })
      .then((outcome) => (outcome.status === 'failed' ? outcome.error.code : outcome.status), errorCode);
    expect(await call).toBe('CAPSTAN_CANCELLED');
    expect(await finished).toBe('CAPSTAN_CANCELLED');
  });

  test('a workspace, a pack or a connection that does not exist is an error with its code', async () => {
    const backend = driver(name);
    expect(await errorOf(backend.listTools({ workspace: 'none' }))).toBe('CAPSTAN_WORKSPACE_NOT_FOUND');
    expect(await errorOf(backend.explainConfig('none', { workspace }))).toBe('CAPSTAN_PACK_NOT_FOUND');
    expect(await errorOf(backend.switchPack({ workspace, code: 'none', enabled: true }))).toBe(
      'CAPSTAN_PACK_NOT_FOUND',
    );
  });

  test('a pack that needs config says what is missing, and where to set it', async () => {
    const [pack] = await driver(name).listPacks(workspace);
    expect(pack).toMatchObject({
      code: 'notes',
      enabled: true,
      state: { kind: 'needs_config', missing: [{ key: 'api_token', secret: true }] },
      environment: [{ name: 'EXAMPLE_REMOTE_BASE_URL', allowed: true }, { allowed: true }],
    });
    const outcome = await driver(name).invoke({ workspace, tool: 'wp_list_posts', arguments: {} });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'CAPSTAN_NEEDS_CONFIG', details: { missing: [{ key: 'api_token' }] } },
    });
  });

  test('a pack is enabled and disabled, and its tools come and go', async () => {
    const backend = driver(name);
    const count = async (): Promise<number> => (await backend.listTools({ workspace: 'support' })).items.length;
    const before = await count();
    expect(await backend.switchPack({ workspace: 'support', code: 'notes', enabled: true })).toMatchObject({
      code: 'notes',
      enabled: true,
    });
    expect(await count()).toBe(before + 2);
    expect(await backend.switchPack({ workspace: 'support', code: 'notes', enabled: false })).toMatchObject({
      enabled: false,
      state: { kind: 'discovered' },
    });
    expect(await count()).toBe(before);
  });

  test('the catalog stays the same object until it changes, and tells when it does', async () => {
    const backend = driver(name);
    const before = await backend.catalog(workspace);
    expect(await backend.catalog(workspace)).toBe(before);
    expect(before.tools.find(({ definition }) => definition.id === 'app.echo')).toMatchObject({
      exposedName: 'echo',
      definition: {
        inputSchema: { type: 'object' },
        outputSchema: { type: 'object' },
        annotations: { readOnly: true },
      },
    });
    const changed = Promise.withResolvers<void>();
    const stop = backend.onCatalogChanged(workspace, () => changed.resolve());
    const remove = host.register({ id: `app.new_${name}`, description: 'New.', handler: () => null });
    await changed.promise;
    stop();
    const after = await backend.catalog(workspace);
    expect(after.revision).not.toBe(before.revision);
    expect(after.tools).toHaveLength(before.tools.length + 1);
    remove();
  });
});

function errorCode(error: unknown): unknown {
  return isCapstanError(error) ? error.code : error;
}

test('both drivers test a connection and show circuits and what came of it the same way', async () => {
  const { inProcess, rest } = drivers;
  if (inProcess === undefined || rest === undefined) throw new Error('the drivers are not open');
  const id = 'system.notes.wp';
  const timeless = ({ tested_at: _at, steps, ...report }: Awaited<ReturnType<Backend['testConnection']>>) => ({
    ...report,
    steps: steps.map((step) => ({ ...step, ms: 0 })),
  });
  const [first, second] = [await inProcess.testConnection(id, workspace), await rest.testConnection(id, workspace)];
  expect(timeless(second)).toEqual(timeless(first));
  expect(first.ok).toBe(false);
  expect(await rest.listConnections(workspace)).toEqual(await inProcess.listConnections(workspace));
  expect(await rest.listCircuits(workspace)).toEqual(await inProcess.listCircuits(workspace));
});

test('a server that is not there, or no Capstan server, is told by its address', async () => {
  const gone = createRestBackend({ url: 'http://127.0.0.1:9', key: 'x' });
  await expect(gone.listTools({ workspace })).rejects.toMatchObject({
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    message: 'the server at http://127.0.0.1:9 does not answer',
  });
  const docs = createRestBackend({ url: `${server.url}/docs#`, key: 'x' });
  await expect(docs.listTools({ workspace })).rejects.toMatchObject({ code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' });
});

test('a wrong key is told as such', async () => {
  const stranger = createRestBackend({ url: server.url, key: 'wrong' });
  await expect(stranger.listTools({ workspace })).rejects.toMatchObject({ code: 'CAPSTAN_UNAUTHENTICATED' });
  await expect(stranger.invoke({ workspace, tool: 'echo', arguments: {} })).rejects.toMatchObject({
    code: 'CAPSTAN_UNAUTHENTICATED',
    message: `the server at ${server.url} does not know this key`,
    hint: expect.stringContaining('--key or CAPSTAN_KEY'),
  });
});
