import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterFolder } from './cluster-folder.ts';
import type { ServerUser } from './server-user.ts';

/** `sun_path` has 108 bytes on Linux and 104 on macOS; Postgres puts a lock beside the socket. */
const LONGEST_PATH = 100;
const SOCKET_NAME = '/.s.PGSQL.5432.lock';

/** Where the socket stands. */
export interface SocketFolder {
  readonly path: string;
  /** Removes a folder that was made for the socket alone. */
  remove(): void;
}

/** The cluster's own folder, or a closed temporary one where that path is too long for a socket. */
export function socketFolder({ path }: ClusterFolder, user: ServerUser | undefined): SocketFolder {
  if (Buffer.byteLength(`${path}${SOCKET_NAME}`) <= LONGEST_PATH) return { path, remove: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'capstan-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
