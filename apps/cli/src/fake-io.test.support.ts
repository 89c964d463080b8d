import { PassThrough, type Readable, Writable } from 'node:stream';
import type { CliIo, EndSignal } from './cli-io.ts';

/** A process for tests: what goes in, and what came out. */
export interface FakeIo {
  readonly io: CliIo;
  stdout(): string;
  stderr(): string;
  /** Resolves with all of stdout once it fits. */
  untilStdout(pattern: RegExp): Promise<string>;
  signal(signal: EndSignal): void;
}

/** Makes one. */
export function fakeIo(parts: Partial<CliIo> & { readonly terminalColumns?: number } = {}): FakeIo {
  const out: string[] = [];
  const err: string[] = [];
  const listeners = new Set<(signal: EndSignal) => void>();
  const watchers = new Set<() => void>();
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
      stdout: Object.assign(collect(out, watchers), terminal),
      stderr: Object.assign(collect(err), terminal),
      onSignal: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      ...rest,
    },
    stdout: () => out.join(''),
    stderr: () => err.join(''),
    untilStdout: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!pattern.test(out.join(''))) return;
          watchers.delete(look);
          resolve(out.join(''));
        };
        watchers.add(look);
        look();
      }),
    signal: (signal) => {
      for (const listener of listeners) listener(signal);
    },
  };
}

function collect(into: string[], watchers: Iterable<() => void> = []): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      into.push(chunk.toString());
      for (const look of watchers) look();
      done();
    },
  });
}
