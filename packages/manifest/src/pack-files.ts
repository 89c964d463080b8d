import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import type { ManifestDiagnosticCode } from './diagnostic-codes.ts';

/** A file's text, or why it cannot be had. */
export type FileReading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: ManifestDiagnosticCode; readonly message: string; readonly hint: string };

/** The files of one pack. Nothing outside it can be reached. */
export interface PackFiles {
  /** Reads a file by its path in the pack. */
  read(path: string): FileReading;
  /** Whether the file is there; `undefined` where nobody can tell. */
  has(path: string): boolean | undefined;
}

/** The longest file that is read at all: a bit over the limit of `readYaml`, which then says what is wrong. */
const MAX_READ_BYTES = 1024 * 1024 + 1;

/** The path in a pack, without `./` and `..`; `undefined` where it leaves the pack or is no plain relative path. */
export function pathInPack(path: string): string | undefined {
  if (path === '' || path.includes('\0') || path.includes('\\') || /^(?:\/|[A-Za-z][A-Za-z0-9+.-]*:)/.test(path)) {
    return undefined;
  }
  const normal = posix.normalize(path);
  return normal === '.' || normal === '..' || normal.startsWith('../') || normal.endsWith('/') ? undefined : normal;
}

/** Files that a function reads; it is given paths in the pack only. */
export function filesFrom(readFile: (path: string) => string): PackFiles {
  return {
    read(path) {
      const inside = pathInPack(path);
      if (inside === undefined) return outside(path);
      try {
        return { ok: true, text: readFile(inside) };
      } catch (error) {
        return missing(path, error);
      }
    },
    has: () => undefined,
  };
}

/** The files of a folder. Links are followed, and what they lead to must lie in the folder as well. */
export function filesOf(folder: string, maxBytes: number = MAX_READ_BYTES): PackFiles {
  let root: string | undefined;
  const resolve = (path: string): FileReading | { readonly real: string } => {
    const inside = pathInPack(path);
    if (inside === undefined) return outside(path);
    try {
      root ??= realpathSync.native(folder);
      const joined = join(root, inside);
      // Most packs lack most of the files that are asked for; an exception for each would cost more than the reading.
      if (!statSync(joined, { throwIfNoEntry: false })) return missing(path);
      const real = realpathSync.native(joined);
      return real.startsWith(root.endsWith(sep) ? root : root + sep) ? { real } : outside(path);
    } catch (error) {
      return missing(path, error);
    }
  };
  return {
    read(path) {
      const resolved = resolve(path);
      if ('ok' in resolved) return resolved;
      try {
        return readRegularFile(resolved.real, path, maxBytes);
      } catch (error) {
        return missing(path, error);
      }
    },
    has: (path) => 'real' in resolve(path),
  };
}

/** Reads what is a file and not a pipe or a device, which might never end. */
function readRegularFile(real: string, path: string, maxBytes: number): FileReading {
  // The path holds no links any more; O_NOFOLLOW refuses one that took its place meanwhile.
  const file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = fstatSync(file);
    if (!status.isFile()) {
      const message = `'${path}' is not a file`;
      return { ok: false, code: 'CAPSTAN_MANIFEST_FILE_INVALID', message, hint: 'Name a file.' };
    }
    const bytes = Buffer.alloc(Math.min(status.size, maxBytes));
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return { ok: true, text: new TextDecoder().decode(bytes.subarray(0, length)) };
  } finally {
    closeSync(file);
  }
}

function outside(path: string): FileReading {
  const message = `'${path}' leaves the folder of the pack`;
  const hint = 'Name a file inside the pack, with a relative path and forward slashes.';
  return { ok: false, code: 'CAPSTAN_MANIFEST_FILE_OUTSIDE', message, hint };
}

function missing(path: string, error?: unknown): FileReading {
  const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  const message = `'${path}' cannot be read${reason}`;
  return {
    ok: false,
    code: 'CAPSTAN_MANIFEST_FILE_MISSING',
    message,
    hint: 'Paths count from the folder of the pack.',
  };
}
