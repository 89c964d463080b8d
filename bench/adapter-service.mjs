/** The service of the adapter benchmark: plain node:http, answers the contract, and counts. */
import { createServer } from 'node:http';

const seen = { bare: 0, adapter: 0 };
const keys = new Set();
const ANSWER = JSON.stringify({
  success: true,
  result: { ok: true, message_id: 'm1' },
  timestamp: '2025-12-03T20:00:00Z',
});

const server = createServer((request, response) => {
  if (request.url === '/count') {
    response.end(JSON.stringify({ ...seen, keys: keys.size }));
    return;
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString());
    seen[request.headers['x-capstan-contract'] === '1' ? 'adapter' : 'bare'] += 1;
    keys.add(request.headers['idempotency-key']);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': ANSWER.length });
    response.end(ANSWER);
  });
});

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
