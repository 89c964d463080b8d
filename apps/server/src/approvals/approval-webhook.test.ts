import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHost } from '@capstan/host';
import { expect, onTestFinished, test } from 'vitest';
import { startApprovalWebhook } from './approval-webhook.ts';

const AGENT = { id: 'key:agent', roles: ['agent'], permissions: [] };
const SECRET = 'of-the-webhook';

interface Received {
  readonly body: string;
  readonly signature: string;
}

/** Answers with these statuses, in turn. */
async function receiver(statuses: readonly number[]) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({
      body: Buffer.concat(chunks).toString(),
      signature: String(request.headers['x-capstan-signature']),
    });
    response.writeHead(statuses[received.length - 1] ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, received };
}

async function dangerousHost() {
  const host = await createHost({ environment: {} });
  onTestFinished(() => host.close());
  host.register({ id: 'bank.pay', description: 'Pays.', dangerLevel: 'critical', handler: () => null });
  return host;
}

const logger = { debug() {}, info() {}, warn() {}, error() {} };

test('an approval that is asked for is told, signed, and again until it is taken', async () => {
  const { url, received } = await receiver([500, 200]);
  const host = await dangerousHost();
  const clock = { now: () => 1_700_000_000_500 };
  const options = { host, url, secret: SECRET, clock, logger, pausesMs: [1, 1] };
  onTestFinished(startApprovalWebhook({ ...options, allowPrivate: ['127.0.0.0/8'] }));
  const outcome = await host.invoke({ tool: 'bank.pay', principal: AGENT, arguments: { amount: 1 } });
  await expect.poll(() => received.length).toBe(2);
  const [first, second] = received;
  expect(second).toEqual(first);
  const digest = createHmac('sha256', SECRET).update(`1700000000.${first?.body}`).digest('hex');
  expect(first?.signature).toBe(`t=1700000000,v1=${digest}`);
  expect(JSON.parse(first?.body ?? '')).toMatchObject({
    event: 'approval.requested',
    approval: { tool: 'bank.pay', principal: 'key:agent', state: 'pending', reason: 'danger_level: critical' },
  });
  expect(outcome).toMatchObject({ status: 'pending', approval: { id: JSON.parse(first?.body ?? '').approval.id } });
});

test('it obeys the egress rules of the host', async () => {
  const { url, received } = await receiver([]);
  const host = await dangerousHost();
  const failures: unknown[] = [];
  const noisy = { ...logger, error: (_message: string, fields?: object) => void failures.push(fields) };
  const options = { host, url, secret: SECRET, clock: { now: Date.now }, pausesMs: [] };
  onTestFinished(startApprovalWebhook({ ...options, logger: noisy, allowPrivate: [] }));
  expect((await host.invoke({ tool: 'bank.pay', principal: AGENT })).status).toBe('pending');
  await expect.poll(() => failures.length).toBe(1);
  expect(received).toEqual([]);
});
