import { createHost } from '@capstan/host';
import { createLog, openTelemetry, startServer } from '@capstan/server';
import { expect, onTestFinished, test } from 'vitest';
import { openBackend } from '../backend/open-backend.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

const KEY = 'value-of-the-key-of-an-operator';

async function runningServer(): Promise<string> {
  const log = createLog({ level: 'silent' });
  const telemetry = await openTelemetry({ log });
  const host = await createHost({ environment: {}, observer: telemetry.observer });
  host.register({ id: 'app.echo', description: 'Echoes.', handler: () => 'hi' });
  const server = await startServer({
    host,
    keys: [
      { name: 'ops', role: 'operator', value: KEY },
      { name: 'team', role: 'operator', workspace: 'default', value: 'value-of-the-key-of-a-team' },
    ],
    listen: { port: 0 },
    log,
    metrics: telemetry.metrics,
  });
  onTestFinished(async () => {
    await server.close({ timeoutMs: 100 });
    await host.close({ timeoutMs: 100 });
  });
  await host.invoke({ tool: 'app.echo' });
  return server.url;
}

test('one look, where stdout is no terminal', async () => {
  const url = await runningServer();
  const fake = fakeIo({ argv: ['top', '--url', url, '--key', KEY] });
  expect(await runCli(fake.io, openBackend)).toBe(0);
  expect(fake.stdout()).toMatch(/app\.echo +default +1 /u);
  expect(fake.stdout()).not.toContain('\u001B');
  const json = fakeIo({ argv: ['top', '--once', '-o', 'json', '--url', url, '--key', KEY] });
  expect(await runCli(json.io, openBackend)).toBe(0);
  expect(JSON.parse(json.stdout())).toMatchObject({ failed: 0, tools: [{ tool: 'app.echo', calls: 1 }] });
});

test('on a terminal it looks again and again until a signal, and leaves the terminal as it was', async () => {
  const url = await runningServer();
  const fake = fakeIo({ argv: ['top', '--interval', '0.2', '--url', url, '--key', KEY], terminalColumns: 100 });
  const running = runCli(fake.io, openBackend);
  await fake.untilStdout(/no calls/u);
  fake.signal('SIGINT');
  expect(await running).toBe(0);
  expect(fake.stdout()).toContain('\u001B[?25l');
  expect(fake.stdout().endsWith('\u001B[?25h')).toBe(true);
});

test('whoever has one workspace, and whoever asks no server, is told so', async () => {
  const url = await runningServer();
  const team = fakeIo({ argv: ['top', '--url', url, '--key', 'value-of-the-key-of-a-team'] });
  expect(await runCli(team.io, openBackend)).toBe(4);
  const never = fakeIo({ argv: ['top', '--interval', 'never', '--url', url] });
  expect(await runCli(never.io, openBackend)).toBe(2);
});
