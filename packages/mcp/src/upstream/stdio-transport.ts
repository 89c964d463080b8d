import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { RpcId, RpcMessage, RpcNotification, RpcReply, RpcRequest } from './message.ts';
import { parseMessage } from './message.ts';
import { type Negotiated, type TransportEvents, TransportFailure, type UpstreamTransport } from './transport.ts';

/** A server that runs as a child process. */
export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** Each line that the process writes to stderr. */
  readonly onErrorLine: (line: string) => void;
  /** How long the process may take to end by itself when its stdin closes, and again after SIGTERM. In ms. */
  readonly graceMs: number;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const MAX_LINE_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_LINE_CHARS = 4_096;

/**
 * MCP over the stdin and stdout of a child process.
 *
 * 1. The process leads a group of its own. Ending it means: stdin closes, then SIGTERM to the group, then SIGKILL to the
 *    group, each after `graceMs`. What it started and left behind in the group goes with it, also when it ends by itself.
 * 2. When this process dies, however it dies, stdin closes: a server that follows MCP ends.
 * 3. `onClose` is told once, and never after `close`.
 */
export class StdioTransport implements UpstreamTransport {
  readonly kind = 'stdio';
  readonly #command: StdioCommand;
  readonly #exited = Promise.withResolvers<void>();
  #child: Child | undefined;
  #events: TransportEvents | undefined;
  #isClosed = false;
  #hasExited = false;
  #isOver = false;

  constructor(command: StdioCommand) {
    this.#command = command;
  }

  start(events: TransportEvents): Promise<void> {
    this.#events = events;
    const { command, args, environment, cwd } = this.#command;
    return new Promise((resolve, reject) => {
      const child: Child = spawn(command, args, {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: environment,
        detached: process.platform !== 'win32', // 1
        windowsHide: true,
        ...(cwd === undefined ? {} : { cwd }),
      });
      this.#child = child;
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        const failure = new TransportFailure('unreachable', `cannot start ${command}: ${cause.message}`, {
          sent: false,
          cause,
        });
        this.#over(failure);
        reject(failure);
      });
      child.once('exit', (code, signal) => this.#onExit(code, signal));
      // After the last of its output was read.
      child.once('close', (code, signal) => this.#over(processEnded(command, code, signal)));
      // A write into a process that is ending: its exit tells the rest.
      child.stdin.on('error', () => undefined);
      readLines(child.stdout, MAX_LINE_BYTES, (line) => this.#receive(line));
      readLines(child.stderr, MAX_LINE_BYTES, (line) => this.#command.onErrorLine(line.slice(0, MAX_ERROR_LINE_CHARS)));
    });
  }

  request(message: RpcRequest): void {
    if (this.#write(message)) return;
    this.#events?.onRequestFailed(message.id, notRunning());
  }

  post(message: RpcNotification | RpcReply): Promise<void> {
    return this.#write(message) ? Promise.resolve() : Promise.reject(notRunning());
  }

  abandon(_id: RpcId): void {
    // The process goes on with it until it hears notifications/cancelled.
  }

  negotiated(_agreement: Negotiated): void {
    // Nothing of the handshake shows on a pipe.
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const child = this.#child;
    if (child?.pid === undefined || this.#hasExited) return;
    child.stdin.end();
    if (await this.#exitsWithin(this.#command.graceMs)) return;
    signalGroup(child, 'SIGTERM');
    if (await this.#exitsWithin(this.#command.graceMs)) return;
    signalGroup(child, 'SIGKILL');
    await this.#exited.promise;
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child !== undefined) signalGroup(this.#child, 'SIGKILL'); // 1
    this.#hasExited = true;
    this.#exited.resolve();
    // A process that left the group may hold the output open for ever.
    const failure = processEnded(this.#command.command, code, signal);
    setTimeout(() => this.#over(failure), this.#command.graceMs).unref();
  }

  #over(failure: TransportFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hasExited = true;
    this.#exited.resolve();
    if (!this.#isClosed) this.#events?.onClose(failure);
  }

  #receive(line: string): void {
    const message = parseMessage(line);
    // A server that prints something else to stdout is wrong, and a person may want to see it.
    if (message === undefined) this.#command.onErrorLine(`not MCP: ${line.slice(0, MAX_ERROR_LINE_CHARS)}`);
    else if (!this.#isClosed) this.#events?.onMessage(message, undefined);
  }

  #write(message: RpcMessage): boolean {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || this.#hasExited || this.#isClosed || !stdin.writable) return false;
    stdin.write(`${JSON.stringify(message)}\n`);
    return true;
  }

  #exitsWithin(limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), limitMs);
      void this.#exited.promise.then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}

/** Signals every process of the child's group; one that is gone needs no signal. */
function signalGroup(child: Child, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}

function readLines(stream: Readable, maxBytes: number, onLine: (line: string) => void): void {
  let parts: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString('utf8').trimEnd();
      parts = [];
      size = 0;
      start = end + 1;
      if (line !== '') onLine(line);
    }
    const rest = chunk.subarray(start);
    size += rest.length;
    // A line without end: what came of it is dropped, and the line is then no message.
    if (size <= maxBytes) parts.push(rest);
  });
}

function processEnded(command: string, code: number | null, signal: NodeJS.Signals | null): TransportFailure {
  const how = signal === null ? `code ${code}` : signal;
  return new TransportFailure('unreachable', `the process of the MCP server (${command}) ended: ${how}`, {
    sent: true,
  });
}

function notRunning(): TransportFailure {
  return new TransportFailure('unreachable', 'the process of the MCP server does not run', { sent: false });
}
