import { compileSchema, withoutPaths } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';

/** The part of a schema from elsewhere that a host can check. */
export interface CheckableSchema {
  readonly schema: JsonSchema;
  /** Where the rest stood, keys joined by dots: that is left to the service to check. */
  readonly left: readonly string[];
}

/** Takes out of a schema what a manifest may not hold: patterns that cannot run in linear time, above all. */
export function checkableSchema(schema: JsonSchema): CheckableSchema {
  const compilation = compileSchema(schema, { origin: 'own' });
  if (compilation.ok) return { schema, left: [] };
  const paths = compilation.problems.map(({ path }) => path);
  return { schema: withoutPaths(schema, paths), left: paths.map((path) => path.join('.')) };
}
