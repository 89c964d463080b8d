import type { JsonSchema } from '@capstan/sdk';
import { isSchema } from './subschemas.ts';

type Path = readonly (string | number)[];

/** A schema without the members at some paths. What does not change is shared with the original. */
export function withoutPaths(schema: JsonSchema, paths: readonly Path[]): JsonSchema {
  const rest = prune(schema, paths);
  return isSchema(rest) ? rest : true;
}

function prune(value: unknown, paths: readonly Path[]): unknown {
  if (paths.length === 0 || typeof value !== 'object' || value === null) return value;
  const inner = new Map<string, Path[]>();
  for (const [first, ...rest] of paths) {
    if (first === undefined) return true;
    inner.set(String(first), [...(inner.get(String(first)) ?? []), rest]);
  }
  if (Array.isArray(value)) return value.map((member, index) => pruneMember(member, inner.get(String(index))) ?? true);
  const kept = Object.entries(value).map(([key, member]) => [key, pruneMember(member, inner.get(key))]);
  return Object.fromEntries(kept.filter(([, member]) => member !== undefined));
}

function pruneMember(member: unknown, paths: readonly Path[] | undefined): unknown {
  if (!paths) return member;
  return paths.some((path) => path.length === 0) ? undefined : prune(member, paths);
}
