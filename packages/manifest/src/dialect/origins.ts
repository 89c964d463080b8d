import type { DocumentPath } from '@capstan/schema';

/** Where the parts of a normalised manifest stood in the file: paths that changed, by the path they have now. */
export class Origins {
  readonly #moved = new Map<string, DocumentPath>();

  /** Says that what is at `path` now stood at `origin` in the file. */
  move(path: DocumentPath, origin: DocumentPath): void {
    this.#moved.set(keyOf(path), origin);
  }

  /** The path in the file. What moved may stand in something that moved. */
  of(path: DocumentPath): DocumentPath {
    return this.#moved.size === 0 ? path : this.#step(this.#step(path));
  }

  #step(path: DocumentPath): DocumentPath {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = this.#moved.get(keyOf(path.slice(0, length)));
      if (origin) return [...origin, ...path.slice(length)];
    }
    return path;
  }
}

/** JSON Pointers give indexes as text. */
function keyOf(path: DocumentPath): string {
  return JSON.stringify(path.map(String));
}
