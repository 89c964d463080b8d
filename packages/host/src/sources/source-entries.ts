import type { PackManifest } from '@capstan/manifest';
import type { DocumentPath } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';

/** A file that brings many tools, as a manifest names it. */
export interface SourceEntry {
  /** Where it stands in the manifest. */
  readonly path: DocumentPath;
  readonly file: string;
  /** Stands before the name of each tool. */
  readonly prefix: string;
  readonly include: Selection | undefined;
  readonly exclude: Selection | undefined;
}

/** Lists of patterns, by what they look at. */
export type Selection = Readonly<Record<string, readonly string[]>>;

/** The entries of `openapi:` or `tooluniverse:`: a file, an object that says more about one, or a list of either. */
export function sourceEntries(manifest: PackManifest, key: 'openapi' | 'tooluniverse'): readonly SourceEntry[] {
  const written = manifest.sources[key];
  if (Array.isArray(written)) return written.flatMap((entry: JsonValue, index) => readEntry(entry, [key, index]));
  return readEntry(written, [key]);
}

function readEntry(entry: JsonValue | undefined, path: DocumentPath): readonly SourceEntry[] {
  if (typeof entry === 'string') return [{ path, file: entry, prefix: '', include: undefined, exclude: undefined }];
  if (!isObject(entry) || typeof entry.file !== 'string') return [];
  const { file, prefix, include, exclude } = entry;
  return [
    {
      path,
      file,
      prefix: typeof prefix === 'string' ? prefix : '',
      include: readSelection(include),
      exclude: readSelection(exclude),
    },
  ];
}

function readSelection(value: JsonValue | undefined): Selection | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, list]) => [
      key,
      Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [],
    ]),
  );
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
