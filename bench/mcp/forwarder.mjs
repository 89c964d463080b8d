// The limit: what any gateway in JavaScript pays for taking a request and passing it on. No parsing, no checks.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const { Pool } = createRequire(new URL('../../packages/http/package.json', import.meta.url))('undici');

const [origin] = process.argv.slice(2);
const pool = new Pool(origin, { connections: 64 });
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const { host, connection, ...headers } = request.headers;
    const answer = await pool.request({
      method: request.method,
      path: request.url,
      headers,
      body: Buffer.concat(chunks),
    });
    const body = Buffer.from(await answer.body.arrayBuffer());
    const { 'transfer-encoding': _, connection: __, 'keep-alive': ___, ...answerHeaders } = answer.headers;
    response.writeHead(answer.statusCode, answerHeaders);
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
