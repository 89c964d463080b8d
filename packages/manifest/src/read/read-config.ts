import { compileSchema, type DocumentPath } from '@capstan/schema';
import { SETTING_KEYWORDS } from '../format/config-schema.ts';
import type { ConfigObjectSchema, ConfigPropertySchema } from '../pack-manifest.ts';
import { type Fields, fieldsAt, isFields, listAt, member, textAt } from '../record.ts';
import type { Report } from '../report.ts';
import { checkSetting, type Setting } from './check-setting.ts';

const SCHEMA_PATH = ['config', 'schema'] as const;

/** Reads `config.schema`, list or JSON Schema, into the schema of one object. */
export function readConfigSchema(
  manifest: Fields,
  { report, thorough }: { readonly report: Report; readonly thorough: boolean },
): ConfigObjectSchema {
  const written = member(fieldsAt(manifest, 'config') ?? {}, 'schema');
  const isList = Array.isArray(written);
  const settings = isList ? settingsOfList(written, report) : settingsOfSchema(isFields(written) ? written : {});
  for (const setting of settings) checkSetting(setting, { report, thorough });
  const properties = Object.fromEntries(settings.map(({ name, schema }) => [name, schema]));
  const schema =
    isList || !isFields(written)
      ? listedSchema(written, properties)
      : { ...written, ...objectParts(written, properties) };
  checkSchema(schema, isList ? settings : undefined, report);
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

/** In a list the structure is checked already; what is left are patterns, and schemas inside a setting. */
function checkSchema(schema: ConfigObjectSchema, settings: readonly Setting[] | undefined, report: Report): void {
  const compilation = compileSchema(schema, { origin: 'own' });
  if (compilation.ok) return;
  for (const { path, message } of compilation.problems) {
    const [, name, keyword, ...rest] = path;
    const setting = settings?.find((candidate) => candidate.name === name);
    const isChecked = keyword !== 'pattern' && rest.length === 0;
    if (setting && isChecked) continue;
    const at = setting && keyword !== undefined ? [...setting.path, keyword, ...rest] : [...SCHEMA_PATH, ...path];
    report.add('CAPSTAN_MANIFEST_SCHEMA_INVALID', at, { message });
  }
}
