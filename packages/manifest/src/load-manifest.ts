import { compileSchema, pointerPath, readYaml, type YamlReading } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';
import { checkStructure } from './check-structure.ts';
import { normalise } from './dialect/normalise.ts';
import { Origins } from './dialect/origins.ts';
import { filesFrom, type PackFiles } from './pack-files.ts';
import type { ManifestLoading, PackManifest } from './pack-manifest.ts';
import { readPack } from './read/read-pack.ts';
import { isFields } from './record.ts';
import { Report } from './report.ts';

/** How manifests are loaded. */
export interface LoadManifestOptions {
  /** Every warning is an error: the manifest must be clean in our own dialect. */
  readonly strict?: boolean;
  /** The running version of Capstan; without it `engines` is not compared. */
  readonly capstanVersion?: string;
  /** Another schema that the manifest, as written, must fit as well. */
  readonly foreignSchema?: JsonSchema;
}

/** A manifest that is at hand as text. */
export interface ManifestText extends LoadManifestOptions {
  /** How the file is named in diagnostics. */
  readonly path: string;
  readonly text: string;
  /** Reads a file of the pack; throws where there is none. It is given relative paths that stay in the pack, and no others. */
  readonly readFile: (path: string) => string;
  /** The version in package.json, where there is one. */
  readonly packageVersion?: string;
}

/** Loads a manifest from its text. Never throws: what is wrong is in the diagnostics, all of it at once. */
export function loadManifest({ readFile, ...options }: ManifestText): ManifestLoading {
  return loadFrom({ ...options, files: filesFrom(readFile) });
}

/** A manifest and the files around it. */
export interface ManifestSource extends Omit<ManifestText, 'readFile'> {
  readonly files: PackFiles;
  /** Names of other manifests that lie beside this one. */
  readonly otherNames?: readonly string[];
  /** Also check what costs more than a host should pay at each start: examples and defaults against their schemas. */
  readonly thorough?: boolean;
  /** Looks at the document as written, and adds to the report. */
  readonly inspect?: (inspected: Inspected) => void;
}

/** What an inspection is given. */
export interface Inspected {
  readonly value: unknown;
  readonly files: PackFiles;
  readonly report: Report;
}

/** Loads a manifest with the files of its pack. */
export function loadFrom(source: ManifestSource): ManifestLoading {
  const reading = read(source);
  const origins = new Origins();
  const place = {
    locate: (path: Parameters<YamlReading['locate']>[0], part?: 'key' | 'value') =>
      reading.locate(origins.of(path), part),
    frame: reading.frame,
  };
  const report = new Report(place, { strict: source.strict ?? false, path: source.path });
  report.adopt(reading.diagnostics);
  for (const name of source.otherNames ?? []) {
    const message = `'${name}' lies beside this manifest and is not read`;
    report.add('CAPSTAN_MANIFEST_SEVERAL_FILES', [], { message, hint: 'Keep one manifest.' });
  }
  const manifest = interpret(reading.value, source, report, origins);
  source.inspect?.({ value: reading.value, files: source.files, report });
  const diagnostics = report.finish();
  const locate = locatorOf(source, origins);
  return manifest && !report.fatal ? { manifest, diagnostics, locate } : { diagnostics, locate };
}

function read({ path, text }: ManifestSource): YamlReading {
  return readYaml(text, { path, codePrefix: 'CAPSTAN_MANIFEST' });
}

/** Reads the text again when asked: keeping the places of all values would take ten times the memory of the text. */
function locatorOf(source: ManifestSource, origins: Origins): ManifestLoading['locate'] {
  return (path) => read(source).locate(origins.of(path));
}

function interpret(value: unknown, source: ManifestSource, report: Report, origins: Origins): PackManifest | undefined {
  if (value === undefined) return undefined;
  if (source.foreignSchema !== undefined) checkForeign(value, source.foreignSchema, report);
  if (!isFields(value) || !looksLikeManifest(value)) {
    const message = 'this is no manifest: it has neither a code nor tools';
    const hint = 'A manifest starts with "code:", "version:" and "tools:".';
    report.add('CAPSTAN_MANIFEST_NOT_A_MANIFEST', [], { message, hint });
    return undefined;
  }
  const { packageVersion, capstanVersion, files, thorough = false } = source;
  const fields = normalise(value, { report, origins, packageVersion });
  checkStructure(fields, report);
  return readPack(fields, { report, files, packageVersion, capstanVersion, thorough });
}

function looksLikeManifest(value: object): boolean {
  return ['code', 'id', 'tools'].some((key) => Object.hasOwn(value, key));
}

/** Checks the document as written, before anything is normalised: the verdict is that of the schema alone. */
function checkForeign(value: unknown, schema: JsonSchema, report: Report): void {
  const compilation = compileSchema(schema, { origin: 'foreign' });
  if (!compilation.ok) {
    const message = `the schema to check against cannot be used: ${compilation.problems[0]?.message}`;
    report.add('CAPSTAN_MANIFEST_FOREIGN_SCHEMA', [], { message, hint: 'Give another schema.' });
    return;
  }
  for (const { pointer, message, hint } of compilation.schema.problems(value)) {
    report.add('CAPSTAN_MANIFEST_FOREIGN_SCHEMA', pointerPath(pointer), {
      message: `by the given schema, ${message}`,
      hint,
    });
  }
}
