import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { behindCapstan } from './conformance/test-kit/behind-capstan.ts';
import { subject2026 } from './conformance/test-kit/subject-2026.ts';

test('a caller who cannot follow tasks gets the result of one, over REST and as a client of 2025-11-25', async () => {
  const { server, url } = await subjectBehind();
  const path = '/v1/workspaces/default/invoke';
  const body = { name: 'failing_job', arguments: {} };
  const overRest = (await (await server.send(path, { method: 'POST', body })).json()) as { readonly status: string };
  expect(overRest).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('The job failed.') } });

  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  onTestFinished(() => client.close());
  const result = await client.callTool({ name: 'slow_compute', arguments: { seconds: 0.1 } });
  expect(result.content).toEqual([{ type: 'text', text: 'Computed.' }]);
});

test('what a task asks reaches a client that cannot follow it', async () => {
  const { url } = await subjectBehind();
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: 'legacy' }, capabilities: { elicitation: { form: {} } } },
  );
  const asked: string[] = [];
  client.setRequestHandler('elicitation/create', ({ params }) => {
    asked.push(params.message);
    return { action: 'accept', content: { confirm: true } };
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  onTestFinished(() => client.close());
  const result = await client.callTool({ name: 'multi_input', arguments: {} });
  expect(asked.sort()).toEqual(['First?', 'Second?']);
  expect(JSON.stringify(result.content)).toContain('accept');
});

async function subjectBehind() {
  const subject = await subject2026();
  onTestFinished(() => subject.stop());
  return behindCapstan(subject.url);
}
