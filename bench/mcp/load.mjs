// Calls a tool, one session a worker, and checks every answer. Asked over IPC; answers calls a second and latencies.
import { createRequire } from 'node:module';

const { Client } = createRequire(new URL('../../packages/http/package.json', import.meta.url))('undici');

const PROTOCOL = '2025-11-25';
const INITIALIZE = {
  method: 'initialize',
  params: { protocolVersion: PROTOCOL, capabilities: {}, clientInfo: { name: 'load', version: '1' } },
};
const workers = new Map();

/** One connection with one session. */
class HttpWorker {
  #client;
  #target;
  #headers;
  #id = 0;

  constructor(target) {
    this.#target = target;
    this.#client = new Client(target.origin, { pipelining: 1 });
    this.#headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(target.key === undefined ? {} : { authorization: `Bearer ${target.key}` }),
    };
  }

  async open() {
    if (this.#target.modern) return;
    const { headers } = await this.#post({ jsonrpc: '2.0', id: 0, ...INITIALIZE });
    this.#headers = { ...this.#headers, 'mcp-protocol-version': PROTOCOL };
    if (headers['mcp-session-id'] !== undefined) this.#headers['mcp-session-id'] = headers['mcp-session-id'];
    await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  async call(text) {
    this.#id += 1;
    const { body } = await this.#post(requestOf(this.#target, this.#id, text), this.#target);
    if (!body.includes(text) || body.includes('"isError":true')) throw new Error(`${this.#target.name}: ${body}`);
    return body.length;
  }

  async list(cursor) {
    this.#id += 1;
    const params = cursor === undefined ? {} : { cursor };
    const { body } = await this.#post({ jsonrpc: '2.0', id: this.#id, method: 'tools/list', params });
    return JSON.parse(body.startsWith('{') ? body : body.slice(body.indexOf('data: ') + 6)).result;
  }

  close() {
    return this.#client.close();
  }

  #post(message, { modern = false, tool } = {}) {
    const headers = modern
      ? { ...this.#headers, 'mcp-protocol-version': '2026-07-28', 'mcp-method': message.method, 'mcp-name': tool }
      : this.#headers;
    return new Promise((resolve, reject) => {
      const chunks = [];
      let status = 0;
      let answerHeaders = {};
      this.#client.dispatch(
        { path: this.#target.path, method: 'POST', headers, body: JSON.stringify(message) },
        {
          onRequestStart() {},
          onResponseStart(_controller, statusCode, responseHeaders) {
            status = statusCode;
            answerHeaders = responseHeaders;
          },
          onResponseData(_controller, chunk) {
            chunks.push(chunk);
          },
          onResponseEnd() {
            const body = chunks.length === 1 ? chunks[0].toString() : Buffer.concat(chunks).toString();
            if (status >= 400) reject(new Error(`${status} ${body}`));
            else resolve({ headers: answerHeaders, body });
          },
          onResponseError(_controller, error) {
            reject(error);
          },
        },
      );
    });
  }
}

/** The transport of 2024-11-05, which mcp-hub speaks: requests by POST, answers on one long stream. */
class SseWorker {
  #target;
  #client;
  #stream;
  #path;
  #waiting = new Map();
  #id = 0;

  constructor(target) {
    this.#target = target;
    this.#client = new Client(target.origin, { pipelining: 1 });
    this.#stream = new Client(target.origin, { bodyTimeout: 0 });
  }

  async open() {
    const { body } = await this.#stream.request({ path: this.#target.path, method: 'GET' });
    const opened = Promise.withResolvers();
    let rest = '';
    body.setEncoding('utf8').on('data', (chunk) => {
      rest += chunk;
      const events = rest.split('\n\n');
      rest = events.pop();
      for (const event of events) {
        const data = event.slice(event.indexOf('data: ') + 6);
        if (event.startsWith('event: endpoint')) {
          this.#path = data;
          opened.resolve();
        } else {
          const { id } = JSON.parse(data);
          this.#waiting.get(id)?.(data);
          this.#waiting.delete(id);
        }
      }
    });
    body.on('error', () => undefined);
    await opened.promise;
    await this.#ask({ ...INITIALIZE });
    await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  async call(text) {
    const body = await this.#ask({ method: 'tools/call', params: { name: this.#target.tool, arguments: { text } } });
    if (!body.includes(text) || body.includes('"isError":true')) throw new Error(`${this.#target.name}: ${body}`);
    return body.length;
  }

  async close() {
    await this.#client.close();
    await this.#stream.destroy();
  }

  async #ask(message) {
    this.#id += 1;
    const id = this.#id;
    const answered = new Promise((resolve) => this.#waiting.set(id, resolve));
    await this.#post({ jsonrpc: '2.0', id, ...message });
    return answered;
  }

  async #post(message) {
    const { body } = await this.#client.request({
      path: this.#path,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
    await body.dump();
  }
}

function requestOf({ tool, modern }, id, text) {
  const params = { name: tool, arguments: { text } };
  if (modern) {
    params._meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
  }
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
}

async function workersFor(target, count) {
  const known = workers.get(target.name) ?? [];
  workers.set(target.name, known);
  while (known.length < count) {
    const worker = target.transport === 'sse' ? new SseWorker(target) : new HttpWorker(target);
    await worker.open();
    known.push(worker);
  }
  return known.slice(0, count);
}

async function run({ target, concurrency, durationMs }) {
  const chosen = await workersFor(target, concurrency);
  const latencies = [];
  const text = 'x'.repeat(target.size ?? 16);
  const begun = performance.now();
  const end = begun + durationMs;
  await Promise.all(
    chosen.map(async (worker) => {
      for (let now = performance.now(); now < end; ) {
        await worker.call(text);
        const after = performance.now();
        latencies.push(after - now);
        now = after;
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { calls: latencies.length, perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
}

async function list({ target, times }) {
  const [worker] = await workersFor(target, 1);
  const durations = [];
  let tools = 0;
  for (let time = 0; time < times; time += 1) {
    const begun = performance.now();
    let cursor;
    tools = 0;
    do {
      const page = await worker.list(cursor);
      tools += page.tools.length;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    durations.push(performance.now() - begun);
  }
  durations.sort((a, b) => a - b);
  return { tools, median: durations[Math.floor(times / 2)], first: durations.at(-1) };
}

process.on('message', async (order) => {
  try {
    process.send(await (order.kind === 'list' ? list(order) : run(order)));
  } catch (error) {
    process.send({ failed: error instanceof Error ? error.stack : String(error) });
  }
});
process.send({ ready: true });
process.on('disconnect', () => process.exit(0));
