/** A service of the balancing benchmark: `{delay in ms}`; answers the contract and its health, and counts. */
import { createServer } from 'node:http';

const delayMs = Number(process.argv[2]);
const ANSWER = JSON.stringify({ success: true, result: { ok: true }, timestamp: '2025-12-03T20:00:00Z' });
let calls = 0;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const isCall = request.url.startsWith('/v1/tools/');
    if (isCall) calls += 1;
    const body = isCall ? ANSWER : JSON.stringify({ calls });
    setTimeout(
      () => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
        response.end(body);
      },
      isCall ? delayMs : 0,
    );
  });
});

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
