import { PassThrough, type Readable, Writable } from 'node:stream';
import type { CliIo, EndSignal } from './cli-io.ts';

/** A process for tests: what goes in, and what came out. */
export interface FakeIo {
  readonly io: CliIo;
  stdout(): string;
  stderr(): string;
  signal(signal: EndSignal): void;
}

/** Makes one. */
export function fakeIo(parts: Partial<CliIo> & { readonly terminalColumns?: number } = {}): FakeIo {
  const out: string[] = [];
  const err: string[] = [];
  const listeners = new Set<(signal: EndSignal) => void>();
  const { terminalColumns, ...rest } = parts;
  const stdin: Readable = new PassThrough().end();
  const terminal = terminalColumns === undefined ? {} : { isTTY: true, columns: terminalColumns };
  return {
    io: {
      argv: [],
      env: {},
      cwd: '/',
      self: ['capstan'],
      stdin,
      stdout: Object.assign(collect(out), terminal),
      stderr: Object.assign(collect(err), terminal),
      onSignal: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      ...rest,
    },
    stdout: () => out.join(''),
    stderr: () => err.join(''),
    signal: (signal) => {
      for (const listener of listeners) listener(signal);
    },
  };
}

function collect(into: string[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      into.push(chunk.toString());
      done();
    },
  });
}
