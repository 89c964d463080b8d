import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HttpFailure } from './http-failure.ts';
import { loopbackClient, post } from './loopback-client.test.support.ts';
import { rawServer } from './raw-server.test.support.ts';

const RUNS = 1_000;

/** Bytes that have something of HTTP in them come further than noise. */
const hostileBytes: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          'HTTP/1.1 200 OK\r\n',
          'HTTP/1.1 999 \r\n',
          'HTTP/1.0 204\r\n',
          'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n',
          'HTTP/1.1 100 Continue\r\n\r\n',
          'content-length: 5\r\n',
          'content-length: -1\r\n',
          'content-length: 99999999999999999999\r\n',
          'transfer-encoding: chunked\r\n',
          'connection: close\r\n',
          '\r\n',
          '{"a":1}',
          '5\r\nhello\r\n',
          '0\r\n\r\n',
          'ffffffffffffffff\r\n',
        )
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts));

test('whatever bytes come back, an exchange ends in an answer or a typed failure', async () => {
  const seed = Date.now() % 2 ** 31;
  process.stdout.write(`property "any bytes, http": ${RUNS} runs, seed ${seed}\n`);
  let bytes: Uint8Array = Buffer.alloc(0);
  const server = await rawServer((socket) => socket.end(bytes));
  const client = loopbackClient();
  await fc.assert(
    fc.asyncProperty(hostileBytes, async (next) => {
      bytes = next;
      const outcome = await client
        .exchange(post(client, server.url, { timeoutMs: 10_000 }))
        .catch((error: unknown) => error);
      if (outcome instanceof HttpFailure) {
        expect(['reset', 'truncated', 'protocol', 'too_large']).toContain(outcome.kind);
        expect(outcome.sent).toBe(true);
      } else {
        expect(outcome).toHaveProperty('status');
      }
    }),
    { numRuns: RUNS, seed },
  );
});
