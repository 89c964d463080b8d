import { PassThrough, type Readable, type Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

/** The messages of a transport. */
type Message = Parameters<StdioServerTransport['send']>[0];

/**
 * Stdio that answers what it was asked before stdin ended, if that takes no longer than `graceMs`: in
 * `printf '…' | capstan mcp` the end comes right behind the question. Then it closes, and what still runs is aborted.
 *
 * 1. `unanswered` holds the ids of requests that came in and whose response has not gone out.
 * 2. After the end of stdin the transport's own input ends once, when that set is empty or the time is over.
 */
export class PatientStdioTransport extends StdioServerTransport {
  /** Resolves when the connection is closed, from whichever side. */
  readonly closed: Promise<void>;
  readonly #input: PassThrough;
  readonly #unanswered = new Set<unknown>();
  readonly #graceMs: number;
  readonly #resolveClosed: () => void;
  #hasEnded = false;
  #limit: NodeJS.Timeout | undefined;

  constructor(stdin: Readable, stdout: Writable, graceMs: number) {
    const input = new PassThrough();
    super(input, stdout);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#input = input;
    this.#graceMs = graceMs;
    stdin.pipe(input, { end: false });
    stdin.once('end', () => this.#stdinEnded());
    stdin.once('close', () => this.#stdinEnded());
    stdin.once('error', () => input.end());
  }

  override async start(): Promise<void> {
    const deliver = this.onmessage;
    this.onmessage = (message: Message) => {
      if ('method' in message && 'id' in message) this.#unanswered.add(message.id);
      deliver?.(message);
    };
    await super.start();
  }

  override async send(message: Message): Promise<void> {
    await super.send(message);
    if ('method' in message || !('id' in message)) return;
    this.#unanswered.delete(message.id);
    this.#endWhenAnswered();
  }

  override async close(): Promise<void> {
    clearTimeout(this.#limit);
    await super.close();
    this.#resolveClosed();
  }

  #stdinEnded(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#limit = setTimeout(() => this.#input.end(), this.#graceMs);
    // What was read last is delivered before this turn comes.
    setImmediate(() => this.#endWhenAnswered());
  }

  #endWhenAnswered(): void {
    if (this.#hasEnded && this.#unanswered.size === 0) this.#input.end();
  }
}
