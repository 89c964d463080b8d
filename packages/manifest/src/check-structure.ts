import {
  type CompiledSchema,
  compileSchema,
  type DocumentPath,
  pointerPath,
  type SchemaProblem,
} from '@capstan/schema';
import type { ManifestDiagnosticCode } from './diagnostic-codes.ts';
import { MANIFEST_SCHEMA } from './format/manifest-schema.ts';
import { BACKEND_KEYS } from './format/tool-schema.ts';
import { type Fields, isFields } from './record.ts';
import type { Finding, Report } from './report.ts';

let compiled: CompiledSchema | undefined;

/** The manifest's own schema, compiled once for all manifests. */
function manifestSchema(): CompiledSchema {
  if (compiled) return compiled;
  const compilation = compileSchema(MANIFEST_SCHEMA, { origin: 'own' });
  if (!compilation.ok) throw new Error(`the manifest's schema: ${JSON.stringify(compilation.problems)}`);
  compiled = compilation.schema;
  return compiled;
}

/** Checks a manifest of our dialect against the published schema. */
export function checkStructure(manifest: Fields, report: Report): void {
  const said = new Set<string>();
  for (const problem of manifestSchema().problems(manifest, Number.POSITIVE_INFINITY)) {
    const located = describe(problem, manifest);
    if (!located) continue;
    const key = `${located.code} ${JSON.stringify(located.path)}`;
    if (said.has(key)) continue;
    said.add(key);
    report.add(located.code, located.path, located.finding);
  }
}

interface Located {
  readonly code: ManifestDiagnosticCode;
  readonly path: DocumentPath;
  readonly finding: Finding;
}

function describe(problem: SchemaProblem, manifest: Fields): Located | undefined {
  const path = pointerPath(problem.pointer);
  const { message, hint, property } = problem;
  switch (problem.keyword) {
    // What failed inside is listed by itself.
    case 'if':
      return undefined;
    case 'required':
      return { code: 'CAPSTAN_MANIFEST_MISSING_KEY', path, finding: { message: spoken(message), hint, part: 'key' } };
    case 'additionalProperties':
      return unknownKey([...path, property ?? ''], hint);
    case 'not':
      return backendConflict(path, valueAt(manifest, path));
    case 'type':
      return {
        code: 'CAPSTAN_MANIFEST_TYPE',
        path,
        finding: { message: withValue(message, valueAt(manifest, path)), hint: booleanHint(problem, manifest) ?? hint },
      };
    default:
      return {
        code: 'CAPSTAN_MANIFEST_VALUE',
        path,
        finding: { message: withValue(message, valueAt(manifest, path)), hint },
      };
  }
}

/** YAML 1.1 read these as booleans; to YAML 1.2 they are texts. */
function booleanHint({ pointer, message }: SchemaProblem, manifest: Fields): string | undefined {
  const value = valueAt(manifest, pointerPath(pointer));
  if (typeof value !== 'string' || !message.includes('boolean')) return undefined;
  const meant = /^(?:yes|on|y)$/i.test(value) ? 'true' : /^(?:no|off|n)$/i.test(value) ? 'false' : undefined;
  return meant === undefined ? undefined : `Write ${meant}, not ${value}.`;
}

function spoken(message: string): string {
  return message
    .replace('the value lacks the property', 'the manifest lacks the key')
    .replace('lacks the property', 'lacks the key');
}

function unknownKey(path: DocumentPath, hint: string | undefined): Located {
  const owner = path.length === 1 ? 'a manifest' : path.slice(0, -1).join('.');
  const message = `'${path.at(-1)}' is no key of ${owner}`;
  const action = hint ?? 'Remove it, or call it x-… if it is a key of your own.';
  return { code: 'CAPSTAN_MANIFEST_UNKNOWN_KEY', path, finding: { message, hint: action, part: 'key' } };
}

function backendConflict(path: DocumentPath, tool: unknown): Located {
  const keys = isFields(tool) ? Object.keys(tool).filter((key) => BACKEND_KEYS.includes(key)) : [];
  const message = `a tool works in one way, and this one has ${keys.join(' and ')}`;
  const finding: Finding = { message, hint: `Keep one of ${BACKEND_KEYS.join(', ')}.`, part: 'key' };
  return { code: 'CAPSTAN_MANIFEST_BACKEND_CONFLICT', path: [...path, keys[1] ?? ''], finding };
}

const MAX_SHOWN = 60;

function withValue(message: string, value: unknown): string {
  const shown = JSON.stringify(value) ?? 'nothing';
  return `${message}, and is ${shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown}`;
}

function valueAt(root: unknown, path: DocumentPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
