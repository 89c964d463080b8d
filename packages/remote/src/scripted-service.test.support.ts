import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What the service does with one request: bytes to send, or something worse. */
export type Reaction = string | ((socket: Socket) => void);

/** A TCP server that plays a script, and keeps every request as it came. */
export interface ScriptedService {
  readonly url: string;
  readonly port: number;
  /** Raw requests, head and body. */
  readonly requests: readonly string[];
  /** Questions after what it offers; they are no part of the script. */
  readonly questions: readonly string[];
  /** What it answers to them. Before: 404. */
  offer(body: unknown): void;
  /** Plays these next, one per request; the last one stays. */
  play(...reactions: readonly Reaction[]): void;
  stop(): Promise<void>;
}

/** Starts a service that answers every call with success until told otherwise. */
export async function scriptedService(): Promise<ScriptedService> {
  const requests: string[] = [];
  const questions: string[] = [];
  let discovery = answer(404, 'x');
  const sockets = new Set<Socket>();
  let script: Reaction[] = [success({ ok: true })];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that cuts the connection is what many of these tests are about.
    socket.on('error', () => socket.destroy());
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, typeof chunk === 'string' ? Buffer.from(chunk) : chunk]);
      const length = wholeLength(bytes);
      if (length === undefined) return;
      const request = bytes.subarray(0, length).toString('utf8');
      bytes = bytes.subarray(length);
      if (request.startsWith('GET /v1/tools ')) {
        questions.push(request);
        socket.write(discovery);
        return;
      }
      requests.push(request);
      const reaction = script.length > 1 ? script.shift() : script[0];
      if (typeof reaction === 'string') socket.write(reaction);
      else reaction?.(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const stop = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => {
      server.close(() => resolve());
    });
  };
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    questions,
    offer(body) {
      discovery = answer(200, body);
    },
    play(...reactions) {
      script = [...reactions];
    },
    stop,
  };
}

/** An answer with a body, JSON unless the headers say otherwise. */
export function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n${text}`;
}

/** The envelope of a success. */
export function success(result: unknown): string {
  return answer(200, { success: true, result, timestamp: '2025-12-03T20:00:00Z' });
}

/** The envelope of a failure. */
export function refusal(status: number, error: unknown, headers: Readonly<Record<string, string>> = {}): string {
  return answer(status, { success: false, error, timestamp: '2025-12-03T20:00:00Z' }, headers);
}

function wholeLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const total = end + 4 + Number(/^content-length: (\d+)/im.exec(bytes.toString('latin1', 0, end))?.[1] ?? 0);
  return bytes.length < total ? undefined : total;
}
