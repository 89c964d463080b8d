import { createHash } from 'node:crypto';

/** What a manifest allows for the name of a tool. */
const MAX_LENGTH = 100;

/** Gives operations the names of tools: unique, and the same for the same document. */
export class OperationNames {
  readonly #taken = new Set<string>();

  /** The operation id, or method and path; with a number where that is taken. */
  nameOf(method: string, path: string, operationId: string | undefined): string {
    const fromPath = shorten(clean(`${method.toLowerCase()}_${path}`));
    const candidates = [...(operationId === undefined ? [] : [shorten(clean(operationId))]), fromPath];
    const free = candidates.find((name) => name !== '' && !this.#taken.has(name.toLowerCase()));
    const name = free ?? this.#numbered(fromPath);
    this.#taken.add(name.toLowerCase());
    return name;
  }

  #numbered(base: string): string {
    for (let count = 2; ; count += 1) {
      const name = `${base}_${count}`;
      if (!this.#taken.has(name.toLowerCase())) return name;
    }
  }
}

/** Words of letters, digits, `_` and `-` with dots between: `repos/list-issues` is `repos.list-issues`. */
function clean(text: string): string {
  const isPath = text.includes('_/');
  return text
    .replaceAll(isPath ? /[^A-Za-z0-9-]+/g : /[^A-Za-z0-9_./-]+/g, '_')
    .replaceAll(/[./]+/g, '.')
    .replaceAll(/\.?_+\.?/g, (run) => (run.includes('.') ? '.' : run))
    .replaceAll(/^[._-]+|[._]+$/g, '');
}

function shorten(name: string): string {
  if (name.length <= MAX_LENGTH) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `${name.slice(0, MAX_LENGTH - hash.length - 1).replace(/[._-]+$/, '')}_${hash}`;
}
