import { type JsonObject, PACK_TYPES, type PackType } from '@capstan/sdk';
import { satisfies, validRange } from 'semver';
import type { PackFiles } from '../pack-files.ts';
import type { PackManifest } from '../pack-manifest.ts';
import { type Fields, fieldsAt, listAt, member, textAt, textsAt } from '../record.ts';
import { checkReferences } from '../references.ts';
import type { Report } from '../report.ts';
import { readConfigSchema } from './read-config.ts';
import { readPackDocument } from './read-pack-document.ts';
import { readPermissions } from './read-permissions.ts';
import { readReveal } from './read-reveal.ts';
import { readTools } from './read-tools.ts';
import { isJson, isJsonObject, present, type ReadingContext } from './reading-context.ts';
import { unknownMembers } from './unknown-members.ts';

/** What surrounds a manifest. */
export interface PackSurroundings {
  readonly report: Report;
  readonly files: PackFiles;
  /** The version in package.json, where there is one. */
  readonly packageVersion: string | undefined;
  /** The running version of Capstan; `engines` is checked against it. */
  readonly capstanVersion: string | undefined;
  /** Check examples and defaults against their schemas. */
  readonly thorough: boolean;
}

/** Reads a manifest whose structure was checked. Parts with the wrong structure are passed over: they have their diagnostics. */
export function readPack(manifest: Fields, surroundings: PackSurroundings): PackManifest {
  const { report, files, thorough } = surroundings;
  const code = textAt(manifest, 'code') ?? '';
  const version = textAt(manifest, 'version') ?? '';
  const displayName = textAt(manifest, 'display_name') ?? code;
  const configSchema = readConfigSchema(manifest, surroundings);
  const context: ReadingContext = {
    report,
    files,
    code,
    thorough,
    settings: new Set(Object.keys(configSchema.properties)),
  };
  checkVersion(version, surroundings);
  checkRoutes(manifest, report);
  checkReferences(member(manifest, 'egress'), ['egress'], context);
  checkReferences(member(manifest, 'mcp_servers'), ['mcp_servers'], context);
  return {
    code,
    displayName,
    version,
    type: PACK_TYPES.find((type: PackType) => type === member(manifest, 'type')) ?? 'feature',
    description: textAt(manifest, 'description') ?? '',
    configSchema,
    permissions: readPermissions(manifest, [], context),
    reveal: readReveal(manifest, configSchema, context),
    tools: readTools(manifest, displayName, context),
    sources: sourcesOf(manifest),
    unknown: unknownMembers(manifest, 'pack') ?? {},
    normalised: report.normalised,
    ...present({
      engines: readEngines(manifest, surroundings),
      uiSchema: readUiSchema(manifest, context),
      egress: Array.isArray(member(manifest, 'egress')) ? textsAt(manifest, 'egress') : undefined,
    }),
  };
}

function checkVersion(version: string, { report, packageVersion }: PackSurroundings): void {
  if (packageVersion === undefined || version === '' || version === packageVersion) return;
  const message = `the manifest has version ${version}, and package.json has ${packageVersion}`;
  report.add('CAPSTAN_MANIFEST_VERSION_MISMATCH', ['version'], { message, hint: 'Give both the same version.' });
}

function readEngines(manifest: Fields, { report, capstanVersion }: PackSurroundings): string | undefined {
  const range = textAt(fieldsAt(manifest, 'engines') ?? {}, 'capstan');
  if (range === undefined) return undefined;
  const at = ['engines', 'capstan'];
  if (validRange(range) === null) {
    const message = `'engines.capstan' is no range of semantic versions: ${range}`;
    report.add('CAPSTAN_MANIFEST_VALUE', at, { message, hint: 'Write a range such as ">=0.1 <1".' });
  } else if (capstanVersion !== undefined && !satisfies(capstanVersion, range, { includePrerelease: true })) {
    const message = `the pack needs Capstan ${range}, and this is ${capstanVersion}`;
    report.add('CAPSTAN_MANIFEST_ENGINE_MISMATCH', at, {
      message,
      hint: 'Install a version of the pack, or of Capstan, that fits.',
    });
  }
  return range;
}

/** In other dialects a route is the name of a Python router. */
function checkRoutes(manifest: Fields, report: Report): void {
  for (const [index, route] of listAt(manifest, 'routes').entries()) {
    if (typeof route !== 'string') continue;
    const finding = {
      message: `the route '${route}' names code, and is left out`,
      hint: 'Routes are declared as objects.',
    };
    report.add('CAPSTAN_MANIFEST_UNSUPPORTED_BACKEND', ['routes', index], finding);
  }
}

const UI_SCHEMA_FILE = 'ui_schema.json';

/** Form hints: as written, from the file that is named, or from `ui_schema.json` where that lies beside the manifest. */
function readUiSchema(manifest: Fields, context: ReadingContext): JsonObject | undefined {
  const written = member(manifest, 'ui_schema');
  if (isJsonObject(written)) return written;
  const named = typeof written === 'string' ? written : undefined;
  const file = named ?? (context.files.has(UI_SCHEMA_FILE) === true ? UI_SCHEMA_FILE : undefined);
  const document = file === undefined ? undefined : readPackDocument(file, ['ui_schema'], context);
  if (!document || isJsonObject(document.value))
    return document && isJsonObject(document.value) ? document.value : undefined;
  const finding = { message: `'${file}' must hold an object of form hints`, document: document.place };
  context.report.add('CAPSTAN_MANIFEST_FILE_INVALID', [], finding);
  return undefined;
}

const SOURCES = ['mcp_servers', 'openapi', 'tooluniverse', 'routes'];

function sourcesOf(manifest: Fields): JsonObject {
  const entries = SOURCES.map((key) => [key, member(manifest, key)] as const).filter(([, value]) => isJson(value));
  const sources: unknown = Object.fromEntries(entries);
  return isJsonObject(sources) ? sources : {};
}
