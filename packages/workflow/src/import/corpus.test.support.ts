import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../../../../../shared/corpus/mindscape/playbooks');

/** The playbooks of others that lie beside the repository, by the name of their file; none where there is no corpus. */
export const playbooks: ReadonlyMap<string, string> = new Map(
  existsSync(FOLDER) ? readdirSync(FOLDER).map((name) => [name.split('@', 1)[0] ?? name, read(name)] as const) : [],
);

// biome-ignore lint/suspicious/noConsole: what is not run is said
if (playbooks.size === 0) console.log('not run: the tests with real playbooks, since ../shared/corpus is not there');

function read(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}
