import { spawn } from 'node:child_process';
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CapstanError } from '@capstan/sdk';
import type { PostgresBinaries } from './binaries.ts';
import { acceptDraft, type ClusterFolder, draftOf } from './cluster-folder.ts';
import type { ServerUser } from './server-user.ts';

export const SUPERUSER = 'capstan';

/** What {@link makeCluster} works with. */
export interface MakeClusterParts {
  readonly binaries: PostgresBinaries;
  readonly folder: ClusterFolder;
  readonly password: string;
  readonly user: ServerUser | undefined;
}

/** Makes the cluster beside its place and moves it there when it is whole: a crash leaves nothing that looks like one. */
export async function makeCluster({ binaries, folder, password, user }: MakeClusterParts): Promise<void> {
  const draft = draftOf(folder);
  const passwordPath = join(folder.path, 'password.new');
  rmSync(passwordPath, { force: true });
  writeFileSync(passwordPath, `${password}\n`, { mode: 0o600, flag: 'wx' });
  try {
    if (user !== undefined) chownSync(passwordPath, user.uid, user.gid);
    await run(binaries.initdb, initdbArguments(draft, passwordPath), folder.path, user);
    acceptDraft(folder, draft);
  } finally {
    rmSync(passwordPath, { force: true });
  }
}

/** Locale C: the same order on every machine, and no index that a new C library would break. */
function initdbArguments(draft: string, passwordPath: string): readonly string[] {
  return [
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordPath}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
    '--no-instructions',
  ];
}

const OUTPUT_LIMIT = 4000;

function run(program: string, args: readonly string[], cwd: string, user: ServerUser | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(program, args, {
    ...(user ?? {}),
    cwd,
    env: { LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = `${output}${chunk.toString()}`.slice(-OUTPUT_LIMIT);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.once('error', (cause) => reject(notMade(cause.message)));
  child.once('close', (code) => (code === 0 ? resolve() : reject(notMade(output.trim()))));
  return promise;
}

function notMade(reason: string): CapstanError {
  return new CapstanError('CAPSTAN_STORE_UNAVAILABLE', `the embedded database could not be made: ${reason}`, {
    hint: 'Mend what Postgres says, or name a Postgres of your own in CAPSTAN_DATABASE_URL.',
    retriable: false,
  });
}
