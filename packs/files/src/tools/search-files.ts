import { defineTool, type ToolFactory } from '@capstan/sdk';
import { fileError } from '../file-error.ts';
import { FileSearch } from '../file-search.ts';
import { chooseRoot, fileSettings } from '../roots.ts';
import { walk } from '../walk.ts';

interface SearchInput {
  readonly root?: string;
  readonly text: string;
  readonly path?: string;
  readonly name?: string;
  readonly case_sensitive?: boolean;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 50;
/** A search of a large tree answers with what it has this long before its deadline. */
const DEADLINE_MARGIN_MS = 2_000;

/** Lines that have a text in them. */
export const searchFiles: ToolFactory<SearchInput> = defineTool(({ config, clock }) => {
  const { roots, maxFileBytes } = fileSettings(config);
  return async (input, context) => {
    const { path = '.', name = '', limit = DEFAULT_LIMIT } = input;
    const root = chooseRoot(roots, input.root);
    const search = new FileSearch({ root, isMatch: matcher(input), maxFileBytes, limit });
    const wanted = name.toLowerCase();
    const walking = walk(root.folder, path, {
      isRecursive: true,
      signal: context.signal,
      onUnreadable: () => search.skip(),
    });
    try {
      for await (const entry of walking) {
        if (entry.kind !== 'file' || !entry.name.toLowerCase().includes(wanted)) continue;
        const isTimeUp = context.deadline - clock.now() < DEADLINE_MARGIN_MS;
        if (isTimeUp || (await search.look(entry.path))) return search.result(true);
      }
    } catch (cause) {
      throw fileError(cause, path);
    }
    return search.result(false);
  };
});

function matcher({ text, case_sensitive: isCaseSensitive = false }: SearchInput): (line: string) => boolean {
  if (isCaseSensitive) return (line) => line.includes(text);
  const wanted = text.toLowerCase();
  return (line) => line.toLowerCase().includes(wanted);
}
