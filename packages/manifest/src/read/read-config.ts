import { compileSchema, type DocumentPath } from '@capstan/schema';
import { SETTING_KEYWORDS } from '../format/config-schema.ts';
import type { ConfigObjectSchema, ConfigPropertySchema } from '../pack-manifest.ts';
import { type Fields, fieldsAt, isFields, listAt, member, textAt } from '../record.ts';
import type { Report } from '../report.ts';

/** The settings of a pack, and where each stands in the manifest. */
interface Setting {
  readonly name: string;
  readonly schema: ConfigPropertySchema;
  readonly path: DocumentPath;
  /** The path of its default. */
  readonly defaultPath: DocumentPath;
}

const SCHEMA_PATH = ['config', 'schema'] as const;

/** Reads `config.schema`, list or JSON Schema, into the schema of one object. */
export function readConfigSchema(manifest: Fields, report: Report): ConfigObjectSchema {
  const written = member(fieldsAt(manifest, 'config') ?? {}, 'schema');
  const isList = Array.isArray(written);
  const settings = isList ? settingsOfList(written, report) : settingsOfSchema(isFields(written) ? written : {});
  for (const setting of settings) checkSetting(setting, report);
  const properties = Object.fromEntries(settings.map(({ name, schema }) => [name, schema]));
  const schema =
    isList || !isFields(written)
      ? listedSchema(written, properties)
      : { ...written, ...objectParts(written, properties) };
  checkSchema(schema, isList, report);
  return schema;
}

function listedSchema(list: unknown, properties: ConfigObjectSchema['properties']): ConfigObjectSchema {
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  const required = items.flatMap((item) =>
    isFields(item) && member(item, 'required') === true ? (textAt(item, 'name') ?? []) : [],
  );
  return { type: 'object', properties, required: [...new Set(required)] };
}

function objectParts(
  written: Fields,
  properties: ConfigObjectSchema['properties'],
): Pick<ConfigObjectSchema, 'type' | 'properties' | 'required'> {
  return {
    type: 'object',
    properties,
    required: listAt(written, 'required').filter((name) => typeof name === 'string'),
  };
}

function settingsOfList(list: readonly unknown[], report: Report): readonly Setting[] {
  const settings = new Map<string, Setting>();
  for (const [index, item] of list.entries()) {
    if (!isFields(item)) continue;
    const name = textAt(item, 'name');
    if (name === undefined) continue;
    const path = [...SCHEMA_PATH, index];
    const first = settings.get(name);
    if (first) reportTwice(name, path, report.locate(first.path).line, report);
    else settings.set(name, { name, schema: settingSchema(item), path, defaultPath: [...path, 'default'] });
  }
  return [...settings.values()];
}

function reportTwice(name: string, path: DocumentPath, line: number, report: Report): void {
  const message = `the setting '${name}' is declared in line ${line} already`;
  report.add('CAPSTAN_MANIFEST_CONFIG_DUPLICATE', [...path, 'name'], {
    message,
    hint: 'Rename or remove one of the two.',
  });
}

/** One setting of the list as the schema of its value: our keys under their `x-` names, keywords of JSON Schema as they are. */
function settingSchema(setting: Fields): ConfigPropertySchema {
  const renamed: Fields = SETTING_KEYWORDS;
  const entries = Object.entries(setting)
    .filter(([key]) => key !== 'name' && key !== 'required')
    .map(([key, value]): [string, unknown] => [textAt(renamed, key) ?? key, value]);
  return { type: 'string', ...Object.fromEntries(entries) };
}

function settingsOfSchema(schema: Fields): readonly Setting[] {
  return Object.entries(fieldsAt(schema, 'properties') ?? {}).map(([name, property]) => {
    const path = [...SCHEMA_PATH, 'properties', name];
    return { name, schema: isFields(property) ? property : {}, path, defaultPath: [...path, 'default'] };
  });
}

const LOOKS_SECRET =
  /(?:^|_)(?:api_?key|apikey|token|secret|password|passwd|passphrase|private_key|client_secret|credentials?)$/i;

function checkSetting({ name, schema, path, defaultPath }: Setting, report: Report): void {
  const isSecret = schema['x-secret'] === true || schema.format === 'password' || schema.writeOnly === true;
  const mayBeText = schema.type === undefined || schema.type === 'string';
  if (!isSecret && schema['x-secret'] !== false && mayBeText && LOOKS_SECRET.test(name)) {
    const message = `the setting '${name}' looks like a secret and is not marked as one`;
    report.add('CAPSTAN_MANIFEST_SECRET_UNMARKED', path, {
      message,
      hint: "Add 'secret: true', or 'secret: false' to say that it is none.",
    });
  }
  if (isSecret && typeof schema.default === 'string' && schema.default !== '') {
    const message = `the secret setting '${name}' has a default, which everybody can read`;
    report.add('CAPSTAN_MANIFEST_SECRET_DEFAULT', defaultPath, { message, hint: 'Remove the default.' });
  }
  if (schema['x-env']?.startsWith('CAPSTAN_')) {
    const message = `the variable ${schema['x-env']} belongs to the host, which never gives it to a pack`;
    report.add('CAPSTAN_MANIFEST_RESERVED_VARIABLE', path, {
      message,
      hint: 'Choose a name that starts with the pack code.',
    });
  }
  checkDefault(name, schema, defaultPath, report);
}

/** Looks at type and choices only: compiling every setting's schema would cost more than all the rest of loading. */
function checkDefault(name: string, schema: ConfigPropertySchema, path: DocumentPath, report: Report): void {
  const value = schema.default;
  if (value === undefined) return;
  const types = [schema.type ?? []].flat();
  const choices = schema.enum;
  const isChosen =
    !Array.isArray(choices) || choices.some((choice) => JSON.stringify(choice) === JSON.stringify(value));
  if ((types.length === 0 || types.some((type) => hasType(value, type))) && isChosen) return;
  const wanted = isChosen ? types.join(' or ') : 'one of its choices';
  const message = `the default of '${name}' is not ${wanted}`;
  report.add('CAPSTAN_MANIFEST_CONFIG_DEFAULT', path, { message, hint: 'Correct the default or the type.' });
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isFields(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function checkSchema(schema: ConfigObjectSchema, isList: boolean, report: Report): void {
  const compilation = compileSchema(schema, { origin: 'own' });
  if (compilation.ok) return;
  for (const { path, message } of compilation.problems) {
    const at = isList ? [...SCHEMA_PATH] : [...SCHEMA_PATH, ...path];
    report.add('CAPSTAN_MANIFEST_SCHEMA_INVALID', at, { message });
  }
}
