import { existsSync, readdirSync, readFileSync } from 'node:fs';

const CORPUS = new URL('../../../../shared/corpus/', import.meta.url);

/** A file of the corpus: real manifests of others, which never come into this repository. */
export interface CorpusFile {
  readonly name: string;
  readonly text: string;
}

/** The manifests of the corpus; empty where it is not at hand, and then that is said. */
export function corpusManifests(): readonly CorpusFile[] {
  const folder = new URL('mindscape/manifests/', CORPUS);
  if (!existsSync(folder)) {
    // biome-ignore lint/suspicious/noConsole: what is not run is said
    console.log('not run: the tests with real manifests, since ../shared/corpus is not there');
    return [];
  }
  const names = readdirSync(folder).toSorted((a, b) => (a < b ? -1 : 1));
  return names.map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));
}

/** A single file of the corpus. */
export function corpusFile(path: string): string {
  return readFileSync(new URL(path, CORPUS), 'utf8');
}
