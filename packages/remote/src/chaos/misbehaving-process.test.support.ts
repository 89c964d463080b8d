/**
 * A service in a process of its own, so that it can be killed: `node … {port} {log} {seed} [behaviour …]`.
 *
 * It writes what it saw to the log before it answers, one line each, so that nothing is lost when it is killed:
 * `R {key} {behaviour}` a whole request came, `E {key}` its work was done. Only an answer that says that nothing was done
 * tells the truth; after every other one the work was done.
 */
import { openSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { BEHAVIOURS, type Behaviour, drawing, NOTHING_DONE } from './behaviours.test.support.ts';

const [port = '0', log = '', seed = '1', ...wanted] = process.argv.slice(2);
const behaviours = BEHAVIOURS.filter((behaviour) => wanted.length === 0 || wanted.includes(behaviour));
const random = drawing(Number(seed));
const file = openSync(log, 'a');

const SUCCESS = JSON.stringify({ success: true, result: { done: true }, timestamp: '2026-01-01T00:00:00Z' });
const failure = (retriable: boolean): string =>
  JSON.stringify({ success: false, error: { code: 'CHAOS', message: 'chaos', retriable } });

function answer(
  status: number,
  body: string,
  headers: readonly string[] = [],
  length = Buffer.byteLength(body),
): string {
  const lines = [`HTTP/1.1 ${status} X`, 'content-type: application/json', `content-length: ${length}`, ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const ANSWERS: Readonly<Record<Behaviour, (socket: Socket) => void>> = {
  success: (socket) => void setTimeout(() => socket.write(answer(200, SUCCESS)), random() * 10),
  busy_503: (socket) => socket.write(answer(503, 'busy')),
  busy_429: (socket) => socket.write(answer(429, 'slow down', ['retry-after: 0'])),
  retriable: (socket) => socket.write(answer(500, failure(true))),
  error_500: (socket) => socket.write(answer(500, 'oops')),
  refuse_422: (socket) => socket.write(answer(422, failure(false))),
  reset_before_headers: (socket) => socket.resetAndDestroy(),
  reset_mid_body: (socket) =>
    void socket.write(answer(200, SUCCESS.slice(0, 20), [], SUCCESS.length), () => socket.resetAndDestroy()),
  hang_before_headers: () => undefined,
  drip,
  garbage: (socket) => socket.write(Buffer.from([0, 255, 13, 10, 72, 84, 84, 80, 1, 2, 3, 13, 10, 13, 10])),
  too_short: (socket) => socket.end(answer(200, SUCCESS, [], SUCCESS.length + 10)),
  too_long: (socket) => socket.write(answer(200, `${SUCCESS}HTTP/1.1 200 smuggled\r\n\r\n`, [], SUCCESS.length)),
  redirect_circle: (socket) => socket.write(answer(302, '', [`location: /v1/tools/line.send_message`])),
};

/** One byte a second. */
function drip(socket: Socket): void {
  const text = answer(200, SUCCESS);
  let sent = 0;
  const timer = setInterval(() => {
    socket.write(text.slice(sent, sent + 1));
    sent += 1;
    if (sent === text.length) clearInterval(timer);
  }, 1_000);
  socket.on('close', () => clearInterval(timer));
}

function serve(socket: Socket, request: string): void {
  if (request.startsWith('GET /v1/health ')) socket.write(answer(200, '{"status":"ok"}'));
  else if (request.startsWith('GET ')) socket.write(answer(404, 'no such route'));
  else misbehave(socket, /^Idempotency-Key: (\S+)/im.exec(request)?.[1] ?? 'none');
}

function misbehave(socket: Socket, key: string): void {
  const chosen =
    random() < 0.5 && wanted.length === 0 ? 'success' : behaviours[Math.floor(random() * behaviours.length)];
  const behaviour = chosen ?? 'success';
  writeSync(file, `R ${key} ${behaviour}\n`);
  if (!NOTHING_DONE.has(behaviour) && behaviour !== 'refuse_422') writeSync(file, `E ${key}\n`);
  ANSWERS[behaviour](socket);
}

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
    if (head === -1 || text.length < head + 4 + length) return;
    const request = text.slice(0, head + 4 + length);
    text = text.slice(request.length);
    serve(socket, request);
  });
});
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('disconnect', () => process.exit(0));
