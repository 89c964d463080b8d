import { openInside } from '@capstan/sanitize';
import type { JsonObject } from '@capstan/sdk';
import type { Root } from './roots.ts';
import { textPart } from './text-part.ts';

interface FileSearchOptions {
  readonly root: Root;
  readonly isMatch: (line: string) => boolean;
  readonly maxFileBytes: number;
  /** How many lines. */
  readonly limit: number;
}

const MAX_LINE_CHARACTERS = 500;

/** Collects the lines that match, file by file. */
export class FileSearch {
  readonly #options: FileSearchOptions;
  readonly #matches: JsonObject[] = [];
  #searched = 0;
  #skipped = 0;

  constructor(options: FileSearchOptions) {
    this.#options = options;
  }

  /** @returns Whether there is more than the limit lets through. */
  async look(path: string): Promise<boolean> {
    const text = await this.#textOf(path);
    if (text === undefined) {
      this.skip();
      return false;
    }
    this.#searched += 1;
    for (const match of linesWith(text, this.#options.isMatch)) {
      if (this.#matches.length === this.#options.limit) return true;
      this.#matches.push({ path, ...match });
    }
    return false;
  }

  skip(): void {
    this.#skipped += 1;
  }

  result(truncated: boolean): JsonObject {
    return {
      root: this.#options.root.name,
      matches: this.#matches,
      files_searched: this.#searched,
      files_skipped: this.#skipped,
      truncated,
    };
  }

  /** Undefined for what is no text, too large, gone meanwhile, or not to be read. */
  async #textOf(path: string): Promise<string | undefined> {
    try {
      const file = await openInside(this.#options.root.folder, path);
      try {
        const { size } = await file.stat();
        return size > this.#options.maxFileBytes ? undefined : textPart(await file.readFile(), true)?.text;
      } finally {
        await file.close();
      }
    } catch {
      // It counts as skipped, and the search goes on.
      return undefined;
    }
  }
}

function* linesWith(text: string, isMatch: (line: string) => boolean): Generator<{ line: number; text: string }> {
  let number = 0;
  for (const line of text.split(/\r\n|\n|\r/)) {
    number += 1;
    if (isMatch(line)) yield { line: number, text: line.slice(0, MAX_LINE_CHARACTERS) };
  }
}
