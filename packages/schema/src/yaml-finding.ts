import type { Severity } from './diagnostic.ts';
import type { Place } from './place.ts';

/** What can be wrong with a document: each is the end of a diagnostic's code, after the prefix and `_YAML_`. */
export const YAML_FINDING_KINDS = [
  'ALIAS',
  'DUPLICATE_KEY',
  'NOT_JSON',
  'NOT_TEXT',
  'NUMBER',
  'SYNTAX',
  'TAG',
  'TOO_DEEP',
  'TOO_LARGE',
] as const;

/** What is wrong with a document, at an offset. */
export interface YamlFinding {
  readonly severity: Severity;
  readonly kind: (typeof YAML_FINDING_KINDS)[number];
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

/** A document as plain data, the places of its parts, and what is wrong with it. */
export interface YamlTree {
  readonly value: unknown;
  readonly place: Place;
  readonly findings: readonly YamlFinding[];
}

/** How deep a document may nest: a schema of 64 levels, and the manifest around it. */
export const MAX_DOCUMENT_DEPTH = 128;

/** A parser's complaint. Its nesting limit is a limit of ours, not a mistake in the notation. */
export function syntaxError(reason: string, offset: number): YamlFinding {
  if (reason.startsWith('nesting exceeded')) {
    const message = `the document is nested deeper than ${MAX_DOCUMENT_DEPTH} levels`;
    return { severity: 'error', kind: 'TOO_DEEP', offset, message, hint: 'Flatten the structure.' };
  }
  const hint = 'Check the indentation, the brackets and the quotes of this line and of the one above.';
  return { severity: 'error', kind: 'SYNTAX', offset, message: reason, hint };
}

export function duplicateKey(key: string, offset: number): YamlFinding {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  const hint = 'Remove one of the two; the first is the one that was read.';
  return { severity: 'error', kind: 'DUPLICATE_KEY', offset, message: `'${shown}' stands twice in this mapping`, hint };
}

/** What a number loses on its way into JSON, if anything. */
export function numberFinding(value: number, source: string, offset: number): YamlFinding | undefined {
  if (!Number.isFinite(value)) {
    const message = `${source} is a number that JSON cannot carry`;
    return { severity: 'error', kind: 'NOT_JSON', offset, message, hint: 'Leave it out, or write it in quotes.' };
  }
  if (Number.isSafeInteger(value) || !/^[-+]?\d+$/.test(source)) return undefined;
  if (String(value) === String(BigInt(source.replace('+', '')))) return undefined;
  const message = `an integer of ${source.length} digits loses its last ones: it is read as ${value}`;
  return { severity: 'warning', kind: 'NUMBER', offset, message, hint: 'Write it in quotes if it is an id.' };
}
