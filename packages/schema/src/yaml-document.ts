import type { Diagnostic, SourcePosition } from './diagnostic.ts';

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

/** Reads a document. Never throws: what is wrong is a diagnostic. Aliases that multiply, duplicate keys, and files over the limit are refused. */
export function readYaml(_text: string, _options: ReadYamlOptions): YamlReading {
  throw new Error('being written');
}
