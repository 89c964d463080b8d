import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EMBEDDED_MAJOR_VERSION, type PostgresBinaries } from './binaries.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { isReachable, type ServerUser } from './server-user.ts';

/**
 * The binaries where the server's user can run them: where root installed them in a folder of its own, a copy of them
 * beside the cluster.
 */
export function reachableBinaries(
  binaries: PostgresBinaries,
  folder: ClusterFolder,
  user: ServerUser,
): PostgresBinaries {
  if (isReachable(binaries.postgres, user)) return binaries;
  const copy = join(folder.path, `binaries-${EMBEDDED_MAJOR_VERSION}`);
  if (!existsSync(copy)) copyWhole(dirname(dirname(binaries.postgres)), copy);
  return { postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') };
}

/** A copy that a crash cut short is never taken for one. */
function copyWhole(from: string, to: string): void {
  const draft = `${to}.new`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  renameSync(draft, to);
}
