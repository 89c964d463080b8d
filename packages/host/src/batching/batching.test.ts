import { expect, test } from 'vitest';
import { type ContractService, contractService, type SeenRequest } from '../test-kit/contract-service.ts';
import { hostOn } from '../test-kit/test-host.ts';

const MANIFEST = `code: line_pack
version: 1.0.0
description: Messages
config: { schema: [{ name: base_url, type: string, required: true, description: Where }] }
tools:
  - name: line.send
    description: Sends
    annotations: { read_only: true }
    remote: { tool_type: line, action: send }
    input_schema: { type: object, required: [to], properties: { to: { type: string } } }
`;

/** A service that takes batches, unless told otherwise; `bad` fails by itself. */
async function batchService(takesBatches = true): Promise<ContractService> {
  const service = await contractService();
  service.answer(({ path, body }) => {
    if (path === '/v1/tools') return { status: 200, body: { tools: [{ name: 'line.send', batch: takesBatches }] } };
    if (!path.endsWith(':batch')) return { status: 200, body: { success: true, result: { to: body.to } } };
    const items = (body.items as { to: string }[]).map(({ to }) =>
      to === 'bad'
        ? { success: false, error: { code: 'E', message: 'not this one' } }
        : { success: true, result: { to } },
    );
    return { status: 200, body: { success: true, result: { items } } };
  });
  return service;
}

async function hostFor(url: string, more = '') {
  return hostOn({
    'packs/line/manifest.yaml': MANIFEST,
    'capstan.yaml': `version: 1
discover: [./packs/*]
packs: { line_pack: { config: { base_url: "${url}" } } }
workspaces: { default: { packs: [line_pack]${more} } }
egress: { allow_private: [127.0.0.0/8] }
`,
  });
}

const calls = (...to: string[]) => to.map((one) => ({ tool: 'line_send', arguments: { to: one } }));
const pathsOf = ({ requests }: { readonly requests: readonly SeenRequest[] }) =>
  requests.map(({ path }) => path).filter((path) => path !== '/v1/tools');

test('calls of one tool go as one request where the service takes batches, each with its own outcome and audit record', async () => {
  const service = await batchService();
  const { host, records } = await hostFor(service.url);
  const outcomes = await host.invokeMany([...calls('a', 'bad', 'c'), { tool: 'line_send', arguments: {} }]);
  expect(outcomes).toMatchObject([
    { status: 'succeeded', result: { value: { to: 'a' } } },
    { status: 'failed', error: { code: 'CAPSTAN_REMOTE_REFUSED', details: { remote_code: 'E' } } },
    { status: 'succeeded', result: { value: { to: 'c' } } },
    { status: 'failed', error: { code: 'CAPSTAN_INVALID_ARGUMENTS' } },
  ]);
  expect(pathsOf(service)).toEqual(['/v1/tools/line.send:batch']);
  expect(service.requests.at(-1)?.body).toMatchObject({ items: [{ to: 'a' }, { to: 'bad' }, { to: 'c' }] });
  expect(records.length).toBe(4);
  expect(records.map(({ attempts }) => attempts)).toEqual([undefined, 1, 1, 1]);
  expect(new Set(outcomes.map(({ executionId }) => executionId)).size).toBe(4);
});

test('where it does not, each goes alone, no more at once than asked for', async () => {
  const service = await batchService(false);
  const { host } = await hostFor(service.url);
  const outcomes = await host.invokeMany(calls('a', 'b', 'c'), { maxWorkers: 1 });
  expect(outcomes.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect(pathsOf(service)).toEqual(Array.from({ length: 3 }, () => '/v1/tools/line.send'));
});

test('one call, and calls of different tools or with progress, are single calls', async () => {
  const service = await batchService();
  const { host } = await hostFor(service.url);
  await host.invokeMany(calls('a'));
  await host.invokeMany(calls('a', 'b').map((call) => ({ ...call, onProgress: () => {} })));
  expect(pathsOf(service)).toEqual(Array.from({ length: 3 }, () => '/v1/tools/line.send'));
});

test('one that its caller cancels ends alone, and the others have their results', async () => {
  const service = await batchService();
  const { host } = await hostFor(service.url);
  const cancel = new AbortController();
  cancel.abort();
  const [first, ...rest] = calls('a', 'b', 'c').map((call, index) =>
    index === 0 ? { ...call, signal: cancel.signal } : call,
  );
  if (first === undefined) throw new Error('there is a first call');
  const outcomes = await host.invokeMany([first, ...rest]);
  expect(outcomes).toMatchObject([
    { status: 'failed', error: { code: 'CAPSTAN_CANCELLED' } },
    { status: 'succeeded' },
    { status: 'succeeded' },
  ]);
});

test('a batch that breaks as a whole fails each of its calls', async () => {
  const service = await batchService();
  const { host } = await hostFor(service.url);
  await host.invokeMany(calls('a', 'b'));
  service.answer(() => ({ status: 200, body: { success: true, result: { items: [] } } }));
  expect(await host.invokeMany(calls('a', 'b'))).toMatchObject([
    { status: 'failed', error: { code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' } },
    { status: 'failed', error: { code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' } },
  ]);
});
