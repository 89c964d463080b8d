import { readFileSync } from 'node:fs';

/** Whether a process runs, its own or somebody else's. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Whether a process is the server of a cluster: its command names the folder. After a restart of a container the same
 * number belongs to another program. Where the system does not tell, a process that runs counts as the server.
 */
export function isServerOf(pid: number, data: string): boolean {
  if (!isRunning(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data);
  } catch {
    // No /proc, or the process just ended.
    return isRunning(pid);
  }
}

/** @returns whether the process was there. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    // It ended by itself.
    return false;
  }
}
