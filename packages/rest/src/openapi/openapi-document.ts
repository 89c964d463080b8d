import { pointerPath } from '@capstan/schema';
import { isObject, ownMember } from '../json-object.ts';

/** Any object of a document. */
export type Node = { readonly [key: string]: unknown };

/** Why a part of a document cannot be mapped. Thrown inside the import, never out of it. */
export class Unmappable extends Error {
  override readonly name = 'Unmappable';
}

/** A place in a document, and what stands there. */
export interface Located {
  readonly value: unknown;
  /** `#/components/schemas/Pet`; `undefined` where it was written in place. */
  readonly pointer: string | undefined;
}

const MAX_HOPS = 20;

/** An OpenAPI document, 3.0 or 3.1, with references resolved on demand. Other documents are never fetched. */
export class OpenApiDocument {
  readonly root: Node;
  /** 3.0 writes JSON Schema in a dialect of its own. */
  readonly isOldDialect: boolean;

  constructor(root: Node) {
    this.root = root;
    this.isOldDialect = String(root.openapi).startsWith('3.0');
  }

  /** Follows `$ref` as far as it leads. @throws Unmappable where it leads nowhere, out of the document, or round. */
  resolve(value: unknown): Located {
    let located: Located = { value, pointer: undefined };
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const reference = isObject(located.value) ? located.value.$ref : undefined;
      if (typeof reference !== 'string') return located;
      located = { value: this.at(reference), pointer: reference };
    }
    throw new Unmappable('a reference leads back to itself');
  }

  /** {@link resolve} for what has to be an object. */
  resolveObject(value: unknown, what: string): Node {
    const { value: found } = this.resolve(value);
    if (isObject(found)) return found;
    throw new Unmappable(`${what} is not an object`);
  }

  /** What stands at a local pointer. @throws Unmappable where nothing does. */
  at(reference: string): unknown {
    if (!reference.startsWith('#')) throw new Unmappable(`it refers to another document: ${reference.slice(0, 200)}`);
    const steps = pointerPath(decodeFragment(reference.slice(1)));
    let value: unknown = this.root;
    for (const step of steps) value = Array.isArray(value) ? value[Number(step)] : ownMember(value, step);
    if (value === undefined) throw new Unmappable(`it refers to "${reference.slice(0, 200)}", which is not there`);
    return value;
  }
}

/** An object member of a node; an empty one where there is none. */
export function nodeIn(node: Node, key: string): Node {
  const value = ownMember(node, key);
  return isObject(value) ? value : {};
}

/** A list member of a node; an empty one where there is none. */
export function listIn(node: Node, key: string): readonly unknown[] {
  const value = ownMember(node, key);
  return Array.isArray(value) ? value : [];
}

/** A text member of a node. */
export function textIn(node: Node, key: string): string | undefined {
  const value = ownMember(node, key);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
