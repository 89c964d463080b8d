import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { startExampleProcess } from './example-service.ts';

test('the example service runs as a child with the token it was given and ends when it is stopped', async () => {
  const example = await startExampleProcess('token-of-the-test', 0);
  const answer = await fetch(`${example.url}/v1/tools`, { headers: { authorization: 'Bearer token-of-the-test' } });
  expect(answer.status).toBe(200);
  expect((await fetch(`${example.url}/v1/tools`)).status).toBe(401);
  await example.stop();
  await example.ended;
  await expect(fetch(`${example.url}/v1/tools`)).rejects.toThrow();
});

test('the example service takes a free port when its usual one is taken', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const address = squatter.address();
  const taken = typeof address === 'object' && address !== null ? address.port : 0;
  const example = await startExampleProcess('token-of-the-test', taken);
  expect(new URL(example.url).port).not.toBe(String(taken));
  await example.stop();
  squatter.close();
});

test('stopping twice, or after the child has died, is no error', async () => {
  const example = await startExampleProcess('token-of-the-test', 0);
  process.kill(example.pid, 'SIGKILL');
  await example.ended;
  await example.stop();
  await example.stop();
});
