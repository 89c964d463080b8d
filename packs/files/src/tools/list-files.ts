import { lstat } from 'node:fs/promises';
import { defineTool, type JsonObject, type ToolFactory } from '@capstan/sdk';
import { fileError } from '../file-error.ts';
import { chooseRoot, fileSettings } from '../roots.ts';
import { type WalkedEntry, walk } from '../walk.ts';

interface ListInput {
  readonly root?: string;
  readonly path?: string;
  readonly recursive?: boolean;
  readonly name?: string;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 200;

/** What is in a folder; or the roots, where one has to be chosen first. */
export const listFiles: ToolFactory<ListInput> = defineTool(({ config }) => {
  const { roots } = fileSettings(config);
  return async ({ root: named, path = '.', recursive = false, name = '', limit = DEFAULT_LIMIT }, context) => {
    if (named === undefined && roots.length > 1) {
      return { roots: roots.map((root) => root.name), entries: [], truncated: false };
    }
    const root = chooseRoot(roots, named);
    const entries: JsonObject[] = [];
    const walking = walk(root.folder, path, {
      isRecursive: recursive,
      signal: context.signal,
      onUnreadable: (folder) => context.logger.info('a folder cannot be read', { folder }),
    });
    const wanted = name.toLowerCase();
    try {
      for await (const entry of walking) {
        if (!entry.name.toLowerCase().includes(wanted)) continue;
        if (entries.length === limit) return { root: root.name, path, entries, truncated: true };
        entries.push(await entryJson(entry));
      }
    } catch (cause) {
      throw fileError(cause, path);
    }
    return { root: root.name, path, entries, truncated: false };
  };
});

async function entryJson({ path, place, kind }: WalkedEntry): Promise<JsonObject> {
  if (kind !== 'file') return { path, kind };
  try {
    const { size, mtime } = await lstat(place);
    return { path, kind, bytes: size, modified: mtime.toISOString() };
  } catch {
    // It was there a moment ago; its name is still worth telling.
    return { path, kind };
  }
}
