import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type TerminalStream = Writable & {
  readonly isTTY?: boolean;
  /** The width of the terminal in columns; absent where there is none. */
  readonly columns?: number;
};

/** The signals that ask the command to end. */
export type EndSignal = 'SIGINT' | 'SIGTERM';

/** Everything of the process that a command may touch. Only `main.ts` makes one from the real process. */
export interface CliIo {
  /** The words after the command's own name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The words that start this very program from any folder, for other programs to use. */
  readonly self: readonly string[];
  readonly stdin: Readable;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Calls the listener for every such signal, instead of ending the process, until the returned function is called. */
  onSignal(listener: (signal: EndSignal) => void): () => void;
}
