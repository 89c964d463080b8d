// What it costs to know a caller whose credential was checked before: on every request, before the fast lane of MCP.
// Aim: under 3 µs.
import { randomBytes } from 'node:crypto';
import { ServerAuth } from '../apps/server/src/auth/server-auth.ts';
import { mintToken } from '../packages/identity/src/index.ts';

const ROUNDS = 1_000_000;
const key = mintToken(randomBytes).token;
const auth = new ServerAuth({
  keys: [{ name: 'bench', role: 'agent', workspace: 'default', value: key }],
  blocked: ['203.0.113.0/24'],
  publicUrl: () => 'http://127.0.0.1:7420',
  onError: (error) => {
    throw error;
  },
});
const request = (token) => ({
  headers: { authorization: `Bearer ${token}` },
  socket: { remoteAddress: '127.0.0.1' },
});
const caller = await auth.authenticate(request(key));
const { token: session } = await auth.sessions.create(caller, {});
await auth.authenticate(request(session));

for (const [name, asked] of [
  ['key', request(key)],
  ['session', request(session)],
]) {
  for (let round = 0; round < ROUNDS / 5; round += 1) know(asked);
  const startedAt = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) know(asked);
  const micros = ((performance.now() - startedAt) * 1000) / ROUNDS;
  process.stdout.write(`a known ${name}: ${micros.toFixed(2)} µs a request\n`);
}
await auth.close();

function know(asked) {
  auth.refuseBlocked(asked);
  if (auth.known(asked) === undefined) throw new Error('nobody');
}
