import { join } from 'node:path';
import { createHost } from '@capstan/host';
import { startServer } from '@capstan/server';
import { expect, onTestFinished, test } from 'vitest';
import { exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

const KEY = 'key-of-the-workflow-commands';

async function runningServer() {
  const folder = exampleFolder();
  const host = await createHost({ config: join(folder.path, 'capstan.yaml'), environment: {} });
  host.register({ id: 'app.echo', description: 'Says it again.', handler: (input) => ({ ...input }) });
  const server = await startServer({ host, keys: [{ name: 'admin', role: 'admin', value: KEY }], listen: { port: 0 } });
  onTestFinished(async () => {
    await server.close();
    await host.close();
    folder.remove();
  });
  const cli = async (...argv: string[]) => {
    const fake = fakeIo({ argv: [...argv, '--url', server.url, '--key', KEY], cwd: folder.path });
    return { code: await runCli(fake.io), out: fake.stdout(), err: fake.stderr() };
  };
  return { folder, cli };
}

const WORKFLOW = `
inputs: { name: { type: string, required: true } }
steps:
  - { id: greet, tool: app.echo, input: { text: "Hello \${{ inputs.name }}" } }
  - { id: agree, approval: "Go on?", depends_on: [greet] }
  - { id: parcel, event: arrived, depends_on: [agree] }
output: "\${{ steps.parcel.result.to }}"
`;

test('a workflow is started, shown, answered and followed to its end', async () => {
  const { folder, cli } = await runningServer();
  folder.write('greet.yaml', WORKFLOW);
  const started = await cli('workflow', 'run', 'greet.yaml', '--inputs', '{"name":"Ann"}', '--detach');
  expect(started).toMatchObject({ code: 0, out: expect.stringMatching(/^run_/) });
  const id = started.out.trim();
  const shown = await cli('workflow', 'show', id);
  expect(shown.out).toContain('✓ greet (app.echo) succeeded');
  expect(shown.out).toContain('in: {"text":"Hello Ann"}');
  expect(shown.out).toContain('agree (approval) waiting');
  expect((await cli('workflow', 'runs')).out).toContain(id);
  expect((await cli('workflow', 'approve', id, 'agree')).code).toBe(0);
  expect((await cli('workflow', 'send', id, 'arrived', '--payload', '{"to":"Bob"}')).code).toBe(0);
  const followed = await cli('workflow', 'events', id);
  expect(followed).toMatchObject({ code: 0, out: expect.stringContaining('output: "Bob"') });
});

test('a run is cancelled and resumed, and what is not there is said', async () => {
  const { folder, cli } = await runningServer();
  folder.write('wait.yaml', 'steps: [{ id: wait, event: never }]');
  const id = (await cli('workflow', 'run', 'wait.yaml', '--detach')).out.trim();
  expect((await cli('workflow', 'cancel', id)).code).toBe(0);
  expect((await cli('workflow', 'events', id)).code).toBe(8);
  expect((await cli('workflow', 'resume', id)).code).toBe(0);
  expect((await cli('workflow', 'show', id)).out).toContain('attempt 2');
  expect((await cli('workflow', 'show', 'run_none')).code).toBe(3);
  expect((await cli('workflow', 'list')).out).toContain('is a workflow');
});
