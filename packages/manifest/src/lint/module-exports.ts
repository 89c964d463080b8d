import { posix } from 'node:path';
import type { PackFiles } from '../pack-files.ts';

/** The exports of a module, as far as they show without running it. */
export interface ModuleExports {
  readonly names: ReadonlySet<string>;
  /** Whether there may be more: CommonJS, or everything of another package. */
  readonly isOpen: boolean;
}

const DECLARED =
  /(?:^|[;}])\s*export\s+(?:declare\s+|abstract\s+)?(?:async\s+)?(?:const\s+enum|const|let|var|function\s*\*?|class|enum)\s+(?<rest>[^\n=(;]*)/gm;
const LISTED = /(?:^|[;}])\s*export\s*\{(?<list>[^}]*)\}/gm;
const ALL_OF = /(?:^|[;}])\s*export\s*\*\s*from\s*(?<quote>['"])(?<from>[^'"\n]*)\k<quote>/gm;
const ALL_AS = /(?:^|[;}])\s*export\s*\*\s*as\s+(?<name>[\w$]+)/gm;
const MORE_DECLARATORS = /(?:^|[;}])\s*export\s+(?:const|let|var)\s[^;]*?,\s*[\w$]+\s*[=:]/m;
const COMMON_JS = /\bmodule\.exports\b|(?:^|[^.\w$])exports\s*[.[]/;
const MAX_MODULES = 32;

/** Reads the `export` statements of a module of the pack, and of the modules that it passes on whole. */
export function moduleExports(path: string, files: PackFiles): ModuleExports | undefined {
  const names = new Set<string>();
  const seen = new Set<string>();
  let isOpen = false;
  const look = (at: string): boolean => {
    if (seen.has(at)) return true;
    seen.add(at);
    const reading = seen.size > MAX_MODULES ? undefined : files.read(at);
    // What is longer was put together by a bundler, and comes cut.
    if (!reading?.ok || reading.text.length > MAX_LENGTH) return false;
    for (const name of exportedNames(reading.text)) names.add(name);
    if (mayHaveMore(reading.text)) isOpen = true;
    for (const from of passedOn(reading.text)) {
      if (!from.startsWith('.') || !look(posix.join(posix.dirname(at), from))) isOpen = true;
    }
    return true;
  };
  return look(path) ? { names, isOpen } : undefined;
}

const MAX_LENGTH = 1024 * 1024;

function exportedNames(text: string): readonly string[] {
  return [
    ...[...text.matchAll(DECLARED)].flatMap(({ groups }) => /^[\w$]+/.exec(groups?.rest ?? '')?.[0] ?? []),
    ...[...text.matchAll(LISTED)].flatMap(({ groups }) => (groups?.list ?? '').split(',').map(nameOutside)),
    ...[...text.matchAll(ALL_AS)].map(({ groups }) => groups?.name ?? ''),
    ...(/(?:^|[;}])\s*export\s+default\b/m.test(text) ? ['default'] : []),
  ].filter((name) => name !== '');
}

/** `a as b` is `b` outside. */
function nameOutside(entry: string): string {
  return /(?<name>[\w$]+)\s*$/.exec(entry)?.groups?.name ?? '';
}

function passedOn(text: string): readonly string[] {
  return [...text.matchAll(ALL_OF)].map(({ groups }) => groups?.from ?? '');
}

function mayHaveMore(text: string): boolean {
  const isTakenApart = [...text.matchAll(DECLARED)].some(({ groups }) => /^[{[]/.test(groups?.rest ?? ''));
  return isTakenApart || MORE_DECLARATORS.test(text) || COMMON_JS.test(text);
}
