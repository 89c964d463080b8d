import { type Dirent, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';

const CODE = /\.(?:[cm]?[jt]sx?|py)$/;
const NOT_CODE = /(?:^|[._-])(?:test|spec)(?:\.[a-z-]+)?\.[cm]?[jt]sx?$|\.d\.[cm]?ts$|^test_.*\.py$|_test\.py$/;
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'test', 'tests', '__tests__', '__pycache__', 'fixtures']);
const MAX_FILES = 2_000;
const MAX_DEPTH = 16;

/** The code files of a pack by their paths in it, in order; without what is built, installed, hidden or for tests. Links are not followed. */
export function codeFiles(folder: string): readonly string[] {
  const found: string[] = [];
  collect(folder, '', 0, found);
  return found;
}

function collect(folder: string, inside: string, depth: number, found: string[]): void {
  for (const entry of entriesOf(join(folder, inside))) {
    if (found.length >= MAX_FILES) return;
    const path = posix.join(inside, entry.name);
    if (entry.isDirectory()) {
      if (depth < MAX_DEPTH && !SKIPPED_FOLDERS.has(entry.name) && !entry.name.startsWith('.')) {
        collect(folder, path, depth + 1, found);
      }
    } else if (entry.isFile() && CODE.test(entry.name) && !NOT_CODE.test(entry.name)) found.push(path);
  }
}

/** A folder that cannot be read has nothing to look at; whatever the manifest needs from it is missed when it is read. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
