import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { CapstanError } from '@capstan/sdk';
import type { ProgramCall } from './program.ts';

/** How a program is run. */
export interface RunProgramOptions {
  /** The folder it runs in. */
  readonly cwd: string;
  /** Its environment, whole. Default: empty. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What it reads; its input is closed after that. */
  readonly input?: string;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Of stdout and stderr together. Default 1 MiB. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

/** What a program came to. */
export interface ProgramResult {
  /** Its exit code, or the signal that ended it. */
  readonly exit: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_OUTPUT_BYTES = 1_048_576;

/**
 * Runs a checked program without a shell, with an empty environment, and waits for its end. An exit code other than 0 is a
 * result.
 *
 * 1. It leads a process group of its own, and the whole group is killed at its end: no child of it stays behind.
 * 2. The promise settles once, when the process and its pipes are closed; the timer and the listener are gone then.
 * @throws CapstanError `CAPSTAN_DEADLINE_EXCEEDED`, `CAPSTAN_CANCELLED`, `CAPSTAN_PAYLOAD_TOO_LARGE` (the output), or
 * `CAPSTAN_TOOL_FAILED` when it cannot be started.
 */
export async function runProgram(call: ProgramCall, options: RunProgramOptions): Promise<ProgramResult> {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS, maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES } = options;
  if (signal?.aborted) throw cancelled(call);
  const child = start(call, options);
  let failure: CapstanError | undefined;
  const stop = (reason: CapstanError): void => {
    failure ??= reason;
    killGroup(child); // 1
  };
  const output = collectOutput(child, maxOutputBytes, () => stop(tooMuch(call)));
  const timer = setTimeout(() => stop(outOfTime(call, timeoutMs)), timeoutMs);
  const onAbort = (): void => stop(cancelled(call));
  signal?.addEventListener('abort', onAbort, { once: true });
  child.on('error', (cause) => {
    failure ??= notStarted(call, cause);
  });
  child.on('exit', () => killGroup(child)); // 1
  // A program that does not read its input closes the pipe; that is its right.
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(options.input ?? '');
  const exit = await closed(child);
  clearTimeout(timer); // 2
  signal?.removeEventListener('abort', onAbort);
  if (failure !== undefined) throw failure;
  return { exit, ...output() };
}

function start(call: ProgramCall, { cwd, environment }: RunProgramOptions): ChildProcessWithoutNullStreams {
  try {
    return spawn(call.file, [...call.args], {
      cwd,
      env: { ...environment },
      shell: false,
      detached: true, // 1
      stdio: 'pipe',
      windowsHide: true,
    });
  } catch (cause) {
    throw notStarted(call, cause);
  }
}

function closed(child: ChildProcess): Promise<ProgramResult['exit']> {
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? 0));
  });
}

function notStarted({ file }: ProgramCall, cause: unknown): CapstanError {
  return new CapstanError('CAPSTAN_TOOL_FAILED', `The program ${file} cannot be run.`, { cause });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // No such group: on Windows there is none, elsewhere it has ended.
    child.kill('SIGKILL');
  }
}

function collectOutput(
  child: ChildProcess,
  maxBytes: number,
  onTooMuch: () => void,
): () => { readonly stdout: string; readonly stderr: string } {
  let bytes = 0;
  const collect = (stream: ChildProcess['stdout']): Buffer[] => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) onTooMuch();
      else chunks.push(chunk);
    });
    return chunks;
  };
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  return () => ({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
}

function tooMuch({ file }: ProgramCall): CapstanError {
  return new CapstanError('CAPSTAN_PAYLOAD_TOO_LARGE', `The program ${file} wrote too much.`, {
    hint: 'Ask it for less.',
  });
}

function outOfTime({ file }: ProgramCall, timeoutMs: number): CapstanError {
  return new CapstanError('CAPSTAN_DEADLINE_EXCEEDED', `The program ${file} did not end within ${timeoutMs} ms.`);
}

function cancelled({ file }: ProgramCall): CapstanError {
  return new CapstanError('CAPSTAN_CANCELLED', `The program ${file} was cancelled.`);
}
