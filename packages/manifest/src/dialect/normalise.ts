import { coerce, valid } from 'semver';
import { MANIFEST_SCHEMA } from '../format/manifest-schema.ts';
import { type Fields, isFields, member, textAt, withMember, withoutMember } from '../record.ts';
import { normaliseConfig } from './normalise-config.ts';
import { normaliseTools } from './normalise-tools.ts';
import type { Normalising } from './normalising.ts';
import { withoutNulls } from './without-nulls.ts';

/**
 * Puts a manifest of another dialect into ours, with one diagnostic per change, at its place in the file. The dialect is
 * the outcome of reading, not a mode: each rule looks only for what it mends.
 */
export function normalise(fields: Fields, context: Normalising): Fields {
  const steps = [
    withoutEmpty,
    withCode,
    withName,
    withVersion,
    withType,
    withApis,
    withDependencies,
    withConfig,
    withTools,
  ];
  return steps.reduce((draft, step) => step(draft, context), fields);
}

function withoutEmpty(fields: Fields, { report }: Normalising): Fields {
  return withoutNulls(fields, { path: [], schema: MANIFEST_SCHEMA, report });
}

function withCode(fields: Fields, context: Normalising): Fields {
  return textAt(fields, 'id') !== undefined ? renamed(fields, ['id', 'code'], context) : fields;
}

function withName(fields: Fields, context: Normalising): Fields {
  return textAt(fields, 'name') !== undefined ? renamed(fields, ['name', 'display_name'], context) : fields;
}

/** Other dialects call the list of a pack's routers `apis` or, before that, `capabilities`. Capstan keeps it under the newer name. */
function withApis(fields: Fields, context: Normalising): Fields {
  return Array.isArray(member(fields, 'capabilities')) ? renamed(fields, ['capabilities', 'apis'], context) : fields;
}

/** Renames a key, unless the new name is taken: then both stay. */
function renamed(fields: Fields, [from, to]: readonly [string, string], { report, origins }: Normalising): Fields {
  if (member(fields, to) !== undefined) return fields;
  const message = `'${from}' is read as '${to}'`;
  report.add('CAPSTAN_MANIFEST_NORMALISED_KEY', [from], { message, hint: `Write '${to}'.`, part: 'key' });
  origins.move([to], [from]);
  return withMember(withoutMember(fields, from), to, member(fields, from));
}

function withDependencies(fields: Fields, { report }: Normalising): Fields {
  const list = member(fields, 'dependencies');
  if (!Array.isArray(list)) return fields;
  const message = "the list under 'dependencies' is read as its 'required' part";
  const hint = 'Write { required: […], optional: […] }.';
  report.add('CAPSTAN_MANIFEST_NORMALISED_VALUE', ['dependencies'], { message, hint, part: 'key' });
  return withMember(fields, 'dependencies', { required: list, optional: [] });
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  core: 'system',
  infrastructure: 'system',
  system_runtime: 'system',
};

function withType(fields: Fields, { report }: Normalising): Fields {
  const type = textAt(fields, 'type') ?? '';
  const ours = Object.hasOwn(TYPE_NAMES, type) ? TYPE_NAMES[type] : undefined;
  if (ours === undefined) return fields;
  const message = `the type '${type}' is read as '${ours}'`;
  report.add('CAPSTAN_MANIFEST_NORMALISED_TYPE', ['type'], { message, hint: `Write 'type: ${ours}'.` });
  return withMember(fields, 'type', ours);
}

function withVersion(fields: Fields, { report, packageVersion }: Normalising): Fields {
  const written = member(fields, 'version');
  if (typeof written === 'string' && valid(written) === written) return fields;
  const read = written === undefined ? (valid(packageVersion) ?? '0.0.0') : coerced(written);
  if (read === undefined) return fields;
  const message = written === undefined ? `no version; read as ${read}` : `the version ${written} is read as ${read}`;
  const hint = `Write 'version: "${read}"'.`;
  report.add('CAPSTAN_MANIFEST_NORMALISED_VERSION', ['version'], { message, hint });
  return withMember(fields, 'version', read);
}

/** `1`, `1.0`, `v1.2.3`, `1.2.3.4`: what starts like a version and holds nothing else but digits, dots and a `v`. */
function coerced(written: unknown): string | undefined {
  if (typeof written !== 'string' && typeof written !== 'number') return undefined;
  const text = String(written);
  return /^v?\d{1,9}(?:\.\d{1,9}){0,3}$/.test(text) ? (coerce(text)?.version ?? undefined) : undefined;
}

function withConfig(fields: Fields, context: Normalising): Fields {
  const config = member(fields, 'config');
  return config === undefined ? fields : withMember(fields, 'config', normaliseConfig(config, context));
}

function withTools(fields: Fields, context: Normalising): Fields {
  const tools = member(fields, 'tools');
  if (!Array.isArray(tools) && !isFields(tools)) return fields;
  return withMember(fields, 'tools', normaliseTools(tools, context));
}
