import type { Diagnostic, Severity, SourcePosition } from './diagnostic.ts';
import { offsetOf, type Place } from './place.ts';
import { sourceText } from './source-text.ts';
import type { YamlFinding } from './yaml-finding.ts';
import { readYamlTree } from './yaml-tree.ts';

/** A path into a document: keys and indexes from the root. */
export type DocumentPath = readonly (string | number)[];

/** Limits of {@link readYaml}. */
export interface ReadYamlOptions {
  /** How the file is named in diagnostics. */
  readonly path: string;
  /** Prefix of the diagnostic codes: `CAPSTAN_MANIFEST` gives `CAPSTAN_MANIFEST_YAML_SYNTAX`. */
  readonly codePrefix: string;
  /** Default 1 MiB. */
  readonly maxBytes?: number;
}

/** A YAML (or JSON) document that was read: plain data, and where everything stands. */
export interface YamlReading {
  /** Plain JSON data (objects, arrays, strings, numbers, booleans, null); `undefined` where the file could not be read at all. */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** The place of the value at a path, or of its key; the nearest ancestor's where the path does not exist. */
  locate(path: DocumentPath, part?: 'key' | 'value'): SourcePosition;
  /** The source line of a place with a caret under it. Long lines are cut around the caret. */
  frame(position: SourcePosition): string;
}

const MAX_BYTES = 1024 * 1024;
const MAX_FINDINGS = 50;
// What no text file holds: control characters, and what decoding puts in place of bytes that are not UTF-8.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/;

/** Reads a document. Never throws: what is wrong is a diagnostic. Aliases that multiply, duplicate keys, and files over the limit are refused. */
export function readYaml(text: string, options: ReadYamlOptions): YamlReading {
  const source = sourceText(options.path, text);
  const { findings, value, place } = read(text, options.maxBytes ?? MAX_BYTES);
  const inOrder = findings.toSorted((a, b) => a.offset - b.offset);
  const diagnostics = inOrder.slice(0, MAX_FINDINGS).map((finding): Diagnostic => {
    const position = source.positionAt(finding.offset);
    return {
      severity: finding.severity,
      code: `${options.codePrefix}_YAML_${finding.kind}`,
      message: finding.message,
      position,
      frame: source.frame(position),
      ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    };
  });
  return {
    value,
    diagnostics,
    locate: (path, part = 'value') => source.positionAt(offsetOf(place, path, part)),
    frame: source.frame,
  };
}

interface Read {
  readonly value: unknown;
  readonly place: Place;
  readonly findings: readonly YamlFinding[];
}

function read(text: string, maxBytes: number): Read {
  const refusal = refusalOf(text, maxBytes);
  if (refusal) return { value: undefined, place: 0, findings: [refusal] };
  return readYamlTree(text);
}

function refusalOf(text: string, maxBytes: number): YamlFinding | undefined {
  const error = { severity: 'error' satisfies Severity, offset: 0 } as const;
  // A UTF-16 unit is at least one byte and at most three: most files need no counting.
  if (text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes)) {
    const hint = 'Move large schemas and texts into files of their own.';
    return { ...error, kind: 'TOO_LARGE', message: `the file is larger than ${maxBytes} bytes`, hint };
  }
  const offset = text.search(NOT_TEXT);
  if (offset === -1) return undefined;
  const unit = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0');
  const hint = 'Save the file as UTF-8 text without control characters.';
  return { ...error, offset, kind: 'NOT_TEXT', message: `the file is not UTF-8 text: it holds U+${unit}`, hint };
}
