import type { ServerResponse } from 'node:http';

/** How often a silent stream shows that it lives, in ms: proxies drop connections that say nothing. */
const HEARTBEAT_MS = 15_000;

/**
 * Server-sent events on one response.
 *
 * 1. The heartbeat ends with the response, however it ends.
 * 2. Progress that a slow reader cannot take is left out; a result is always written.
 */
export class EventStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
    response.once('close', () => clearInterval(heartbeat));
  }

  /** Writes an event that may be left out. */
  offer(event: string, data: unknown): void {
    if (!this.#response.writableNeedDrain) this.#write(event, JSON.stringify(data));
  }

  /** Writes the last event, of JSON that was written already. */
  finish(event: string, json: string): void {
    this.#write(event, json);
    this.#response.end();
  }

  #write(event: string, json: string): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(`event: ${event}\ndata: ${json}\n\n`);
  }
}
