import { dirname, isAbsolute, join } from 'node:path';

/** A path as it is meant in a file: relative to the folder of the file. */
export function joinPath(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

/** The same for a glob: what is special in the name of the folder is taken literally. Node's globs have no escape for braces. */
export function joinGlob(file: string, glob: string): string {
  return isAbsolute(glob) ? glob : join(dirname(file).replaceAll(/[[\]()*?]/g, '[$&]'), glob);
}
