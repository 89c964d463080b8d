import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterFolder } from './cluster-folder.ts';

/** What a server writes about itself into `postmaster.pid`. */
export interface PostmasterFile {
  readonly pid: number;
  readonly socketFolder: string;
}

export function postmasterPath({ data }: ClusterFolder): string {
  return join(data, 'postmaster.pid');
}

/** Lines: process id, data folder, start time, port, socket folder, … (Postgres' "miscinit"). Undefined while there is none. */
export function readPostmasterFile(folder: ClusterFolder): PostmasterFile | undefined {
  const path = postmasterPath(folder);
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8').split('\n');
  const pid = Number(lines[0]);
  const socketFolder = lines[4]?.trim() ?? '';
  return Number.isInteger(pid) && pid > 1 && socketFolder !== '' ? { pid, socketFolder } : undefined;
}
