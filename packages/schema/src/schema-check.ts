import type { JsonSchema } from '@capstan/sdk';
import { patternProblem } from './linear-pattern.ts';
import { referencesOf, SchemaReferences } from './schema-references.ts';
import { isInPlace, isKeywords, isSchema, subschemaCount, subschemasOf } from './subschemas.ts';

/** One thing that is wrong with a schema itself, and where. */
export interface SchemaFlaw {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Path = readonly (string | number)[];

const MAX_SCHEMA_DEPTH = 64;
/** Compiling takes time that grows with the square of them. */
const MAX_SUBSCHEMAS = 2_000;
const MAX_EXPANSION = 10_000;

/** What keeps a schema from being used at all: it is no schema, nested too deep, or too large. */
export function fatalFlaw(schema: unknown): SchemaFlaw | undefined {
  if (!isSchema(schema)) return { path: [], message: 'a schema is an object, true or false' };
  const path = deepPath(schema, MAX_SCHEMA_DEPTH);
  if (path) return { path, message: `the schema is nested deeper than ${MAX_SCHEMA_DEPTH} levels` };
  if (subschemaCount(schema) <= MAX_SUBSCHEMAS) return undefined;
  return { path: [], message: `the schema holds more than ${MAX_SUBSCHEMAS} schemas` };
}

/** Patterns and references of a schema that cannot be used, with their places. */
export function keywordFlaws(schema: JsonSchema): KeywordCheck {
  return new KeywordWalk(schema);
}

/** What a walk through the keywords found. */
export interface KeywordCheck {
  readonly flaws: readonly SchemaFlaw[];
  /** Whether it refers to names (`$anchor`, `$id`): then only compiling shows whether they are found. */
  readonly refersToNames: boolean;
}

/** `shallow` remembers what was found shallow enough: a schema may hold one object at many places. */
function deepPath(value: unknown, levels: number, shallow: Map<object, number> = new Map()): Path | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return [];
  if ((shallow.get(value) ?? Number.POSITIVE_INFINITY) <= levels) return undefined;
  for (const key of Object.keys(value)) {
    const deeper = deepPath(Reflect.get(value, key), levels - 1, shallow);
    if (deeper) return [key, ...deeper];
  }
  shallow.set(value, levels);
  return undefined;
}

class KeywordWalk {
  readonly flaws: SchemaFlaw[] = [];
  refersToNames = false;
  readonly #references: SchemaReferences;
  readonly #found: { readonly reference: string; readonly path: Path }[] = [];
  readonly #seen = new Set<JsonSchema>();
  readonly #work: Map<JsonSchema, number> = new Map();

  constructor(root: JsonSchema) {
    this.#references = new SchemaReferences(root);
    this.#walk(root, []);
    // References come last: anchors may stand behind them. Their targets may add references.
    for (const { reference, path } of this.#found) this.#follow(reference, path);
    // Without references a schema asks for no more work than it is long.
    if (this.#found.length > 0) this.#checkWork();
  }

  #walk(schema: JsonSchema, path: Path): void {
    if (!isKeywords(schema) || this.#seen.has(schema)) return;
    this.#seen.add(schema);
    this.#references.collect(schema);
    this.#checkPattern(schema.pattern, [...path, 'pattern']);
    const named = schema.patternProperties;
    if (isKeywords(named)) {
      for (const pattern of Object.keys(named)) this.#checkPattern(pattern, [...path, 'patternProperties', pattern]);
    }
    for (const { keyword, reference } of referencesOf(schema))
      this.#found.push({ reference, path: [...path, keyword] });
    for (const inner of subschemasOf(schema)) this.#walk(inner.schema, [...path, ...inner.path]);
  }

  #checkPattern(pattern: unknown, path: Path): void {
    if (typeof pattern !== 'string') return;
    const problem = patternProblem(pattern);
    if (problem === undefined) return;
    this.flaws.push({ path, message: `the pattern cannot run in linear time: ${problem}` });
  }

  #follow(reference: string, path: Path): void {
    if (reference !== '#' && !reference.startsWith('#/')) this.refersToNames = true;
    const { flaw, target } = this.#references.resolve(reference);
    if (flaw !== undefined) this.flaws.push({ path, message: flaw });
    if (target) this.#walk(target.schema, target.path);
  }

  /** A reference that leads back to itself never ends, and references that fan out multiply: both without any nesting. */
  #checkWork(): void {
    for (const schema of this.#seen) {
      if (this.#workOf(schema) <= MAX_EXPANSION) continue;
      const message = `its references stand for more than ${MAX_EXPANSION} schemas, or lead back to themselves`;
      this.flaws.push({ path: [], message });
      return;
    }
  }

  /** How many schemas are applied to one value, by a schema and all that it draws in. */
  #workOf(schema: JsonSchema): number {
    const known = this.#work.get(schema);
    if (known !== undefined) return known;
    this.#work.set(schema, Number.POSITIVE_INFINITY);
    let work = 1;
    for (const { reference } of referencesOf(schema)) {
      const { target } = this.#references.resolve(reference);
      if (target) work += this.#workOf(target.schema);
    }
    for (const inner of subschemasOf(schema)) if (isInPlace(inner)) work += this.#workOf(inner.schema);
    this.#work.set(schema, work);
    return work;
  }
}
