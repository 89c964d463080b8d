import type { JsonSchema } from '@capstan/sdk';
import { isKeywords, isSchema } from './subschemas.ts';

/** Finds what references inside one schema document refer to. */
export class SchemaReferences {
  readonly #root: JsonSchema;
  readonly #anchors = new Map<string, JsonSchema>();
  readonly #ids: string[] = [];

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  /** Remembers the names that a schema gives itself. */
  collect(schema: { readonly [keyword: string]: unknown }): void {
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const anchor = schema[keyword];
      if (typeof anchor === 'string') this.#anchors.set(anchor, schema);
    }
    const id = schema.$id;
    if (typeof id !== 'string') return;
    if (id.startsWith('#')) this.#anchors.set(id.slice(1), schema);
    else this.#ids.push(id.replace(/#$/, ''));
  }

  /** What is wrong with a reference, or the path and schema of its target. Neither, where only Ajv can tell (embedded documents). */
  resolve(reference: string): { readonly flaw?: string; readonly target?: ReferenceTarget } {
    const [base = '', fragment = ''] = reference.split('#', 2);
    if (base !== '') {
      if (this.#ids.some((id) => id === base || id.endsWith(`/${base}`))) return {};
      return { flaw: `'${reference}' is not in this schema, and other documents are never fetched` };
    }
    // Inside an embedded document a fragment counts from there.
    if (this.#ids.length > 1) return {};
    const target = this.#fragment(fragment);
    return target ? { target } : { flaw: `'${reference}' refers to nothing in this schema` };
  }

  #fragment(fragment: string): ReferenceTarget | undefined {
    if (fragment === '') return { schema: this.#root, path: [] };
    const anchored = this.#anchors.get(fragment);
    if (anchored !== undefined) return { schema: anchored, path: [] };
    const path = pointerPath(decoded(fragment));
    const schema = path.length > 0 ? memberAt(this.#root, path) : undefined;
    return isSchema(schema) ? { schema, path } : undefined;
  }
}

/** The schema that a reference means, and where it stands. */
export interface ReferenceTarget {
  readonly schema: JsonSchema;
  readonly path: readonly string[];
}

/** The references of a schema itself: `$ref`, `$dynamicRef`. */
export function referencesOf(schema: JsonSchema): readonly { readonly keyword: string; readonly reference: string }[] {
  if (!isKeywords(schema)) return [];
  return ['$ref', '$dynamicRef'].flatMap((keyword) => {
    const reference = schema[keyword];
    return typeof reference === 'string' ? [{ keyword, reference }] : [];
  });
}

/** The steps of a JSON Pointer (RFC 6901). */
export function pointerPath(pointer: string): readonly string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A fragment of a URI, decoded; as it is where it is malformed. */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** The member of a value at a path of own properties. */
function memberAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
