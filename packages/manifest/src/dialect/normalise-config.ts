import type { DocumentPath } from '@capstan/schema';
import { type Fields, isFields, mapList, member, textAt, withMember } from '../record.ts';
import type { Report } from '../report.ts';
import type { Normalising } from './normalising.ts';

/** Names of types in other notations, and what they are in JSON Schema. */
const TYPES: Readonly<Record<string, Fields>> = {
  bool: { type: 'boolean' },
  dict: { type: 'object' },
  float: { type: 'number' },
  int: { type: 'integer' },
  list: { type: 'array' },
  map: { type: 'object' },
  password: { type: 'string', secret: true },
  secret: { type: 'string', secret: true },
  str: { type: 'string' },
  text: { type: 'string' },
  url: { type: 'string', format: 'uri' },
};

/** Puts `config:` into our form: a list directly under it, and other names of types. */
export function normaliseConfig(config: unknown, { report, origins }: Normalising): unknown {
  if (Array.isArray(config)) {
    const message = "the list under 'config' is read as its 'schema'";
    const finding = { message, hint: 'Write it under config.schema.', part: 'key' } as const;
    report.add('CAPSTAN_MANIFEST_NORMALISED_VALUE', ['config'], finding);
    origins.move(['config', 'schema'], ['config']);
    return { schema: settings(config, ['config'], report) };
  }
  if (!isFields(config)) return config;
  const schema = member(config, 'schema');
  return Array.isArray(schema) ? withMember(config, 'schema', settings(schema, ['config', 'schema'], report)) : config;
}

function settings(list: readonly unknown[], path: DocumentPath, report: Report): readonly unknown[] {
  return mapList(list, (setting, index) => (isFields(setting) ? typed(setting, [...path, index], report) : setting));
}

function typed(setting: Fields, path: DocumentPath, report: Report): Fields {
  const written = textAt(setting, 'type') ?? '';
  const meant = Object.hasOwn(TYPES, written) ? TYPES[written] : undefined;
  if (!meant) return setting;
  const words = Object.entries(meant).map(([key, value]) => `${key}: ${value}`);
  const message = `the type '${written}' is read as ${words.join(', ')}`;
  report.add('CAPSTAN_MANIFEST_NORMALISED_TYPE', [...path, 'type'], { message, hint: `Write '${words.join(', ')}'.` });
  return { ...meant, ...setting, type: meant.type };
}
