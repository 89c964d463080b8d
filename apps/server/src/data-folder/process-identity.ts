import { readFileSync } from 'node:fs';

/** A process, told apart from a later one with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, where the system tells (Linux: ticks since which boot); compared, never read. */
  readonly started?: string;
}

/** The identity of a process that runs now; undefined where there is none with this id. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (!isRunning(pid)) return undefined;
  const started = startOf(pid);
  return started === undefined ? { pid } : { pid, started };
}

/** Whether a process that was identified earlier still runs. When in doubt it does. */
export function stillRuns(earlier: ProcessIdentity): boolean {
  const now = identifyProcess(earlier.pid);
  if (now === undefined) return false;
  return earlier.started === undefined || now.started === undefined || earlier.started === now.started;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Field 22 of /proc/{pid}/stat (proc(5)); the name in field 2 may hold spaces and parentheses. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? undefined : `${boot}/${ticks}`;
  } catch {
    // No /proc here: the process id alone decides.
    return undefined;
  }
}
