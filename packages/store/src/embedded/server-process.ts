import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, fchmodSync, openSync, renameSync, statSync } from 'node:fs';
import type { PostgresBinaries } from './binaries.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { isServerOf } from './running-process.ts';
import type { ServerUser } from './server-user.ts';

/** A server that runs. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** What {@link spawnServer} works with. */
export interface SpawnParts {
  readonly binaries: PostgresBinaries;
  readonly folder: ClusterFolder;
  readonly socketFolder: string;
  readonly user: ServerUser | undefined;
}

/**
 * Starts the server in a process group of its own: a ^C in the terminal is the host's matter, which stops it last.
 * @throws when the program cannot be started.
 */
export async function spawnServer({ binaries, folder, socketFolder, user }: SpawnParts): Promise<ServerProcess> {
  const log = openLog(folder.logPath);
  try {
    const child = spawn(binaries.postgres, serverArguments(folder, socketFolder), {
      ...(user ?? {}),
      cwd: folder.path,
      detached: true,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', log, log],
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return { pid: child.pid ?? 0, ended };
  } finally {
    closeSync(log);
  }
}

/** Of an own server every client is ours: few connections, no network, and statements (they may hold keys) in no log. */
function serverArguments({ data }: ClusterFolder, socketFolder: string): readonly string[] {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    port: '5432',
    max_connections: '64',
    shared_buffers: '64MB',
    max_wal_size: '256MB',
    jit: 'off',
    log_min_error_statement: 'panic',
    log_timezone: 'UTC',
    timezone: 'UTC',
  };
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

const LONGEST_LOG_BYTES = 10 * 1024 * 1024;

function openLog(path: string): number {
  if (existsSync(path) && statSync(path).size > LONGEST_LOG_BYTES) renameSync(path, `${path}.1`);
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants;
  const file = openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  fchmodSync(file, 0o600);
  return file;
}

const POLL_MS = 100;

/** A server that an earlier host left running. It is nobody's child any more: that it ends is seen by looking. */
export function adoptServer(pid: number, { data }: ClusterFolder): ServerProcess {
  const ended = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (isServerOf(pid, data)) return;
      clearInterval(timer);
      resolve();
    }, POLL_MS);
    timer.unref();
  });
  return { pid, ended };
}
