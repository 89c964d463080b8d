import type { ServerResponse } from 'node:http';
import type { LaneRequest } from './lane-request.ts';

const JSON_TYPE = 'application/json';
const STREAM_TYPE = 'text/event-stream';
const EVENT = 'event: message\ndata: ';

/**
 * The answer to one request, written to Node's response.
 *
 * 1. Revision 2026-07-28 is answered as JSON, and as an event stream from the first notification on; older revisions
 *    always as a stream.
 * 2. Without a notification the whole answer is one write, with its length.
 * 3. `signal` is aborted when the response breaks off before its end.
 */
export class LaneResponse {
  readonly #response: ServerResponse;
  readonly #request: LaneRequest;
  readonly #sessionId: string | undefined;
  readonly #controller = new AbortController();
  #isStreaming = false;
  #isOver = false;

  constructor(response: ServerResponse, request: LaneRequest, sessionId: string | undefined) {
    this.#response = response;
    this.#request = request;
    this.#sessionId = sessionId;
    response.once('close', () => {
      if (!this.#isOver) this.abort(new Error('the client went away'));
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Tells the call to stop; it still answers. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** The client does not want the answer any more: the call is told to stop, and nothing is sent (MCP, cancellation). */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.abort(new Error('the client cancelled'));
    if (!this.#isStreaming) this.#openStream();
    this.#response.end();
  }

  /** Sends a notification ahead of the answer. */
  notify(method: string, params: object | undefined): void {
    if (this.#isOver || this.#response.destroyed) return;
    if (!this.#isStreaming) this.#openStream();
    this.#response.write(`${EVENT}${JSON.stringify({ method, params, jsonrpc: '2.0' })}\n\n`);
  }

  /** A sign of life for whoever counts silence on a stream. */
  beat(): void {
    if (this.#isOver || this.#response.destroyed) return;
    if (!this.#isStreaming && this.#request.era === 'modern') return;
    if (!this.#isStreaming) this.#openStream();
    this.#response.write(': keepalive\n\n');
  }

  /** Sends the answer: a member of a JSON-RPC response, `"result":…` or `"error":…`. A stream that began is 200. */
  finish({ member, status = 200 }: { readonly member: string | Buffer; readonly status?: number }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#response.destroyed) return;
    const tail = `,"jsonrpc":"2.0","id":${JSON.stringify(this.#request.id)}}`;
    if (this.#isStreaming || this.#request.era === 'legacy') this.#send(`${EVENT}{`, member, `${tail}\n\n`);
    else this.#send('{', member, tail, status);
  }

  #send(head: string, member: string | Buffer, tail: string, status = 200): void {
    const response = this.#response;
    if (typeof member === 'string') {
      const text = `${head}${member}${tail}`;
      this.#writeHead(status, Buffer.byteLength(text));
      response.end(text);
      return;
    }
    this.#writeHead(status, head.length + member.length + Buffer.byteLength(tail));
    response.cork();
    response.write(head);
    response.write(member);
    response.end(tail);
  }

  #writeHead(status: number, length: number): void {
    if (this.#isStreaming) return;
    if (this.#request.era === 'legacy')
      this.#response.writeHead(200, [...this.#streamHead(), 'content-length', length]);
    else this.#response.writeHead(status, ['content-type', JSON_TYPE, 'content-length', length]);
  }

  #openStream(): void {
    this.#isStreaming = true;
    this.#response.writeHead(200, this.#streamHead());
    this.#response.flushHeaders();
  }

  #streamHead(): (string | number)[] {
    const head = [
      'content-type',
      STREAM_TYPE,
      'cache-control',
      'no-cache, no-transform',
      'connection',
      'keep-alive',
      'x-accel-buffering',
      'no',
    ];
    return this.#sessionId === undefined ? head : [...head, 'mcp-session-id', this.#sessionId];
  }
}
