import { normalize } from 'node:path';
import { isHostVariable } from './host-variables.ts';
import { parseReferences, type ReferenceSegment, variableNames } from './reference.ts';
import type { ConfigProblem } from './types.ts';

/** Whose text it is, and so what it may refer to. `manifest`: what the operator let the pack read; anything else counts as not set. */
export type ReferenceRights =
  | { readonly kind: 'operator' }
  | { readonly kind: 'listed'; readonly variables: readonly string[]; readonly files: readonly string[] }
  | { readonly kind: 'manifest'; readonly variables: ReadonlySet<string> };

/** The world that references reach into. */
export interface ReferenceWorld {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

/** What became of a text. */
export type TextReading =
  /** No reference in it. */
  | { readonly kind: 'literal' }
  /** `withheld`: variables that are set, but that this text may not read. */
  | { readonly kind: 'resolved'; readonly value: string; readonly withheld: readonly string[] }
  /** Text of a manifest that refers to what is not set or not allowed: as if it was not there. */
  | { readonly kind: 'absent'; readonly variables: readonly string[]; readonly withheld: readonly string[] }
  | { readonly kind: 'failed'; readonly code: ConfigProblem['code']; readonly fact: string; readonly hint: string };

type Failure = Extract<TextReading, { kind: 'failed' }>;

/** Resolves the references of one text. The only place that looks into the environment or a secret file for a reference. */
export function readText(text: string, rights: ReferenceRights, world: ReferenceWorld): TextReading {
  const parsed = parseReferences(text);
  if (parsed.kind === 'literal') return { kind: 'literal' };
  if (parsed.kind === 'malformed') {
    return failure(
      'CAPSTAN_CONFIG_INVALID',
      parsed.reason,
      'Correct the reference; docs/formats/config.md has all forms.',
    );
  }
  if (parsed.kind === 'file') return readSecretFile(parsed.path, rights, world);
  const names = variableNames(parsed.segments);
  if (rights.kind !== 'manifest') {
    const forbidden = names.find((name) => !mayReadVariable(name, rights));
    if (forbidden !== undefined) return forbiddenVariable(forbidden);
  }
  return readVariables(parsed.segments, names, rights, world);
}

/** The value of a variable; the empty string counts as not set. */
export function variableValue(name: string, world: Pick<ReferenceWorld, 'variables'>): string | undefined {
  const value = Object.hasOwn(world.variables, name) ? world.variables[name] : undefined;
  return value === '' ? undefined : value;
}

function mayReadVariable(name: string, rights: ReferenceRights): boolean {
  if (isHostVariable(name)) return false;
  if (rights.kind === 'operator') return true;
  return rights.kind === 'manifest' ? rights.variables.has(name) : rights.variables.includes(name);
}

function readVariables(
  segments: readonly ReferenceSegment[],
  names: readonly string[],
  rights: ReferenceRights,
  world: ReferenceWorld,
): TextReading {
  const readable = (name: string) => (mayReadVariable(name, rights) ? variableValue(name, world) : undefined);
  const unresolved: string[] = [];
  const value = expand(segments, readable, unresolved);
  const withheld = names.filter((name) => !mayReadVariable(name, rights) && variableValue(name, world) !== undefined);
  if (unresolved.length === 0) return { kind: 'resolved', value, withheld };
  if (rights.kind === 'manifest') return { kind: 'absent', variables: unresolved, withheld };
  const list = unresolved.join(', ');
  return failure(
    'CAPSTAN_UNRESOLVED_REFERENCE',
    unresolved.length === 1 ? `the variable ${list} is not set` : `the variables ${list} are not set`,
    `Set ${list} in the environment of the host and start it again, or give a fallback: \${${unresolved[0]}:-…}.`,
  );
}

function expand(
  segments: readonly ReferenceSegment[],
  readable: (name: string) => string | undefined,
  unresolved: string[],
): string {
  return segments
    .map((segment) => {
      if (typeof segment === 'string') return segment;
      const value = readable(segment.name);
      if (value !== undefined) return value;
      if (segment.fallback !== undefined) return expand(segment.fallback, readable, unresolved);
      unresolved.push(segment.name);
      return '';
    })
    .join('');
}

/** The path is made plain first, so that what is checked is what is read. */
function readSecretFile(written: string, rights: ReferenceRights, world: ReferenceWorld): TextReading {
  const path = normalize(written);
  if (!mayReadFile(path, rights)) {
    return failure(
      'CAPSTAN_REFERENCE_FORBIDDEN',
      `the file ${path} may not be read from here`,
      'An operator may list it under references.allow.files in capstan.yaml; a manifest can never name a file.',
    );
  }
  try {
    const value = withoutFinalNewlines(world.readFile(path));
    return value === '' ? unreadable(path, 'is empty') : { kind: 'resolved', value, withheld: [] };
  } catch (error) {
    // Only the system's code: the message of a reader may hold what it read.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return unreadable(path, `cannot be read${code}`);
  }
}

function mayReadFile(path: string, rights: ReferenceRights): boolean {
  // The environment of a process is a file there, and with it every CAPSTAN_ variable.
  if (path.startsWith('/proc/')) return false;
  if (rights.kind === 'manifest') return false;
  return rights.kind === 'operator' || rights.files.some((allowed) => normalize(allowed) === path);
}

function withoutFinalNewlines(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charAt(end - 1) === '\n' || text.charAt(end - 1) === '\r')) end -= 1;
  return text.slice(0, end);
}

function forbiddenVariable(name: string): Failure {
  if (isHostVariable(name)) {
    return failure(
      'CAPSTAN_REFERENCE_FORBIDDEN',
      `the variable ${name} belongs to the host itself and is never readable`,
      'Put the value under a name of its own in the environment of the host.',
    );
  }
  return failure(
    'CAPSTAN_REFERENCE_FORBIDDEN',
    `the variable ${name} may not be read from here`,
    `An operator may add ${name} to references.allow.variables in capstan.yaml.`,
  );
}

function unreadable(path: string, what: string): Failure {
  return failure(
    'CAPSTAN_UNRESOLVED_REFERENCE',
    `the file ${path} ${what}`,
    'Check the path and that the host may read the file.',
  );
}

function failure(code: ConfigProblem['code'], fact: string, hint: string): Failure {
  return { kind: 'failed', code, fact, hint };
}
