// A service for Capstan in plain Node. Start it: TOKEN=secret PORT=8080 node server.mjs
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { TOKEN = 'secret', PORT = '8080' } = process.env;
const MAX_BYTES = 1_048_576;
const refusal = (status, code, message) => Object.assign(new Error(message), { status, code });
const digest = (text) => createHash('sha256').update(text).digest();

function sayHello({ name }) {
  if (typeof name !== 'string') throw refusal(422, 'INVALID_PARAMS', '"name" must be a text');
  return { greeting: `Hello, ${name}!`, id: randomUUID() };
}
const tools = new Map([['greet.say_hello', sayHello]]);

function answer({ method, url, headers }, body) {
  const token = /^bearer +(.+)$/i.exec(headers.authorization)?.[1] ?? '';
  if (!timingSafeEqual(digest(token), digest(TOKEN))) throw refusal(401, 'UNAUTHORIZED', 'wrong token');
  const name = /^\/v1\/tools\/([^/?]+)$/.exec(url)?.[1] ?? '';
  const tool = method === 'POST' && tools.get(decodeURIComponent(name));
  if (!tool) throw refusal(404, 'NOT_FOUND', 'there is no such tool');
  if (body.length > MAX_BYTES) throw refusal(413, 'BODY_TOO_LARGE', `send ${MAX_BYTES} bytes at most`);
  const { context, ...params } = parse(body); // context.execution_id is worth a line in your log
  return tool(params, context);
}

function parse(body) {
  try {
    const value = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {} // refused below, like the rest
  throw refusal(400, 'INVALID_BODY', 'the body must be a JSON object');
}

async function respond(request, response) {
  let body = Buffer.alloc(0); // read to its end even where it is refused: the connection is used again
  for await (const chunk of request) if (body.length <= MAX_BYTES) body = Buffer.concat([body, chunk]);
  const headers = { 'Content-Type': 'application/json' };
  const timestamp = new Date().toISOString();
  try {
    const result = await answer(request, body);
    response.writeHead(200, headers).end(JSON.stringify({ success: true, result, timestamp }));
  } catch (error) {
    const { status, code, message } = error.status ? error : refusal(500, 'INTERNAL', 'the service failed');
    if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
    const envelope = { success: false, error: { code, message }, timestamp };
    response.writeHead(status, headers).end(JSON.stringify(envelope));
  }
}

const server = createServer((request, response) => respond(request, response).catch(() => response.destroy()));
server.listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
