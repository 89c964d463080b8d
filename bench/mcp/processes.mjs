import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Clock ticks a second of /proc, which is 100 on every Linux that Node runs on. */
const TICKS = 100;

/** The processes of a run: all of them end with it. */
export class Processes {
  #all = [];

  /** A module of ours, with IPC; resolves with the first thing that it says. */
  async module(path, args = [], execArgv = []) {
    const child = fork(path, args, { execArgv: ['--conditions=@capstan/source', ...execArgv] });
    this.#all.push(child);
    return { child, hello: await answerOf(child) };
  }

  /** A program of others. Its output goes nowhere unless it fails. */
  program(command, args, options = {}) {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
    this.#all.push(child);
    return { child, output: () => Buffer.concat(said).toString() };
  }

  async stop() {
    const running = this.#all.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const over = running.map((child) => once(child, 'exit'));
    for (const child of running) {
      if (child.connected) child.disconnect();
      else child.kill();
    }
    const kill = setTimeout(() => running.forEach((child) => void child.kill('SIGKILL')), 3000);
    await Promise.all(over);
    clearTimeout(kill);
  }
}

/** Asks a module over IPC. */
export async function ask(child, question) {
  const answered = answerOf(child);
  child.send(question);
  const answer = await answered;
  if (answer.failed !== undefined) throw new Error(answer.failed);
  return answer;
}

async function answerOf(child) {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${code}`);
  });
  exit.catch(() => undefined);
  const [answer] = await Promise.race([once(child, 'message'), exit]);
  ended.abort();
  return answer;
}

/** User and system time of a process. NaN where the system does not tell. */
export function cpuSeconds(pid) {
  const fields = readProc(pid, 'stat')?.split(') ')[1]?.split(' ');
  return fields === undefined ? Number.NaN : (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The most memory that a process ever held. NaN where the system does not tell. */
export function peakMegabytes(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(readProc(pid, 'status') ?? '')?.[1] ?? Number.NaN) / 1024;
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
