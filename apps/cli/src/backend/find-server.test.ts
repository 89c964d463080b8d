import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findRunningServer } from './find-server.ts';

test('a stranger at the port of a crashed server is not taken for it, and is sent no key', async () => {
  const seen: unknown[] = [];
  const stranger = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'ok', proof: 'made up' }));
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'capstan-'));
  onTestFinished(() => {
    stranger.close();
    rmSync(folder, { recursive: true });
  });
  const address = stranger.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const file = { url: `http://127.0.0.1:${port}`, pid: process.pid, started_at: '2026-01-01T00:00:00Z' };
  writeFileSync(join(folder, 'server.json'), JSON.stringify(file));
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ admin: 'cap_admin_in-the-folder', agent: 'cap_agent_x' }));
  expect(await findRunningServer(folder)).toBeUndefined();
  expect(seen).toEqual([undefined]);
});
