import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TestContext } from 'vitest';

const CORPUS = resolve(import.meta.dirname, '../../../../../shared/corpus');

/** Whether the corpus is at hand; where it is not, the test says so and passes. */
export function hasCorpus({ annotate }: Pick<TestContext, 'annotate'>): boolean {
  if (existsSync(CORPUS)) return true;
  void annotate('not run: the corpus of real files is not beside this repository');
  return false;
}

/** A file of the corpus. */
export function corpusFile(path: string): { readonly path: string; readonly text: string } {
  return { path, text: readFileSync(resolve(CORPUS, path), 'utf8') };
}
