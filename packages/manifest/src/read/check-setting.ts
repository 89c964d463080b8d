import { compileSchema, type DocumentPath } from '@capstan/schema';
import type { ConfigPropertySchema } from '../pack-manifest.ts';
import { isFields } from '../record.ts';
import type { Report } from '../report.ts';

/** One setting of a pack, and where it stands in the manifest. */
export interface Setting {
  readonly name: string;
  readonly schema: ConfigPropertySchema;
  readonly path: DocumentPath;
  /** The path of its default. */
  readonly defaultPath: DocumentPath;
}

const LOOKS_SECRET =
  /(?:^|_)(?:api_?key|access_key|private_key|token|secret|client_secret|password|passwd|passphrase|credentials?)$/i;

/** Says what is wrong, or unwise, in one setting. */
export function checkSetting(
  setting: Setting,
  { report, thorough }: { readonly report: Report; readonly thorough: boolean },
): void {
  checkSecrecy(setting, report);
  checkVariable(setting, report);
  if (setting.schema.default === undefined) return;
  const problem = defaultProblem(setting.schema) ?? (thorough ? thoroughProblem(setting.schema) : undefined);
  if (problem === undefined) return;
  const message = `the default of '${setting.name}' ${problem}`;
  const finding = { message, hint: 'Correct the default or the schema.' };
  report.add('CAPSTAN_MANIFEST_CONFIG_DEFAULT', setting.defaultPath, finding);
}

function checkSecrecy({ name, schema, path, defaultPath }: Setting, report: Report): void {
  const isSecret = schema['x-secret'] === true || schema.format === 'password' || schema.writeOnly === true;
  const mayBeText = schema.type === undefined || schema.type === 'string';
  if (!isSecret && schema['x-secret'] !== false && mayBeText && LOOKS_SECRET.test(name)) {
    const message = `the setting '${name}' looks like a secret and is not marked as one`;
    const hint = "Add 'secret: true' (in a JSON Schema 'x-secret: true'), or false to say that it is none.";
    report.add('CAPSTAN_MANIFEST_SECRET_UNMARKED', path, { message, hint });
  }
  if (isSecret && typeof schema.default === 'string' && schema.default !== '') {
    const message = `the secret setting '${name}' has a default, which everybody can read`;
    const finding = { message, hint: 'Remove the default.', hidden: schema.default };
    report.add('CAPSTAN_MANIFEST_SECRET_DEFAULT', defaultPath, finding);
  }
}

function checkVariable({ schema, path }: Setting, report: Report): void {
  const variable: unknown = schema['x-env'];
  if (typeof variable !== 'string' || !variable.startsWith('CAPSTAN_')) return;
  const message = `the variable ${variable} belongs to the host, which never gives it to a pack`;
  report.add('CAPSTAN_MANIFEST_RESERVED_VARIABLE', path, { message, hint: 'Let its name start with the pack code.' });
}

/** Type and choices only: compiling the schema of every setting would cost a host more than all the rest of loading. */
function defaultProblem(schema: ConfigPropertySchema): string | undefined {
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => hasType(schema.default, type))) return `is not ${types.join(' or ')}`;
  const choices: unknown = schema.enum;
  if (!Array.isArray(choices)) return undefined;
  const isChosen = choices.some((choice) => JSON.stringify(choice) === JSON.stringify(schema.default));
  return isChosen ? undefined : 'is none of its choices';
}

function thoroughProblem(schema: ConfigPropertySchema): string | undefined {
  const compilation = compileSchema(schema, { origin: 'own' });
  const problem = compilation.ok ? compilation.schema.problems(schema.default)[0] : undefined;
  return problem && `does not fit: ${problem.message}`;
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
