import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { AuthRuleSpec, HttpBackendSpec } from '../backend/http-backend-spec.ts';
import { parseHttpBackend } from '../backend/parse-http-backend.ts';
import { isObject } from '../json-object.ts';
import { flagIn, objectIn, textIn, textsIn } from './entry-fields.ts';
import type { RestPlan, ToolUniverseSetting } from './tooluniverse-tool.ts';

/** A plan, or why there is none. */
export type RestPlanning =
  | {
      readonly ok: true;
      readonly plan: RestPlan;
      readonly settings: Readonly<Record<string, ToolUniverseSetting>>;
      /** The variables without which it does not run. */
      readonly variables: readonly string[];
    }
  | { readonly ok: false; readonly reason: string; readonly hint: string };

/** Makes the plan of a `BaseRESTTool`: a GET of `fields.endpoint`. */
export function planRestTool(entry: JsonObject): RestPlanning {
  const fields = objectIn(entry, 'fields');
  const endpoint = textIn(fields, 'endpoint');
  if (endpoint === undefined)
    return { ok: false, reason: 'it has no fields.endpoint', hint: 'Name the URL that it calls.' };
  const keys = readKeys(entry, fields);
  const reading = parseHttpBackend(specOf(endpoint, fields, keys.rules));
  if (!reading.ok) {
    const [problem] = reading.problems;
    return {
      ok: false,
      reason: `${problem?.path.join('.')}: ${problem?.message}`,
      hint: problem?.hint ?? 'Mend its fields.',
    };
  }
  const limitsHere = flagIn(fields, 'client_side_limit');
  return {
    ok: true,
    settings: keys.settings,
    variables: keys.variables,
    plan: {
      backend: reading.backend,
      defaults: defaultsOf(entry),
      aliases: textsByName(objectIn(fields, 'path_aliases')),
      renamed: textsByName(objectIn(fields, 'param_mapping')),
      lowercased: textsIn(fields, 'lowercase_params'),
      uppercased: textsIn(fields, 'uppercase_params'),
      limitsHere,
      extractPath: textIn(fields, 'extract_path'),
      csvDelimiter: flagIn(fields, 'parse_csv') ? String(fields.csv_delimiter ?? ',') : undefined,
      keyParameter: keys.keyParameter,
    },
  };
}

function specOf(endpoint: string, fields: JsonObject, auth: readonly AuthRuleSpec[]): HttpBackendSpec {
  const query = Object.entries(objectIn(fields, 'params')).flatMap(
    ([name, value]): [string, { value: string; default: JsonValue }][] =>
      value === undefined || value === null ? [] : [[name, { value: `{${name}}`, default: value }]],
  );
  const headers = Object.entries(objectIn(fields, 'headers')).map(([name, value]) => [name, escaped(String(value))]);
  return {
    method: 'GET',
    // A dollar before a slot would make a setting of it.
    url: endpoint.replaceAll(/\$(?=\{)/g, '%24'),
    ...(query.length === 0 ? {} : { query: Object.fromEntries(query) }),
    headers: { Accept: '*/*', ...Object.fromEntries(headers) },
    other_arguments: 'query',
    auth: auth.length === 0 ? 'none' : auth,
  };
}

function escaped(text: string): string {
  return text.replaceAll('{', '{{');
}

interface Keys {
  readonly rules: readonly AuthRuleSpec[];
  readonly settings: Readonly<Record<string, ToolUniverseSetting>>;
  readonly variables: readonly string[];
  readonly keyParameter: RestPlan['keyParameter'];
}

/** `auth_header` is needed, `auth_param` is an offer; `required_api_keys` are needed wherever they go. */
function readKeys(entry: JsonObject, fields: JsonObject): Keys {
  const header = objectIn(fields, 'auth_header');
  const headerVariable = textIn(header, 'env_var');
  const parameter = objectIn(fields, 'auth_param');
  const parameterVariable = textIn(parameter, 'env_var');
  const parameterName = textIn(parameter, 'param') ?? 'token';
  const required = new Set([
    ...(headerVariable === undefined ? [] : [headerVariable]),
    ...textsIn(entry, 'required_api_keys'),
  ]);
  const rules: AuthRuleSpec[] = [];
  if (headerVariable !== undefined) {
    rules.push({
      type: 'api_key',
      in: 'header',
      name: textIn(header, 'header') ?? 'X-API-Key',
      value: setting(headerVariable),
    });
  }
  if (parameterVariable !== undefined) {
    rules.push({
      type: 'api_key',
      in: 'query',
      name: parameterName,
      value: setting(parameterVariable),
      optional: true,
    });
  }
  const all = [...new Set([...required, ...(parameterVariable === undefined ? [] : [parameterVariable])])];
  const help = textIn(header, 'register_url');
  return {
    rules,
    settings: Object.fromEntries(
      all.map((name) => [settingKey(name), settingOf(name, name === headerVariable ? help : undefined)]),
    ),
    variables: [...required],
    keyParameter:
      parameterVariable === undefined ? undefined : { name: parameterName, setting: settingKey(parameterVariable) },
  };
}

/** The key of the setting that a variable is: `PHARMVAR_API_KEY` is `pharmvar_api_key`. */
export function settingKey(variable: string): string {
  return variable.toLowerCase();
}

function setting(variable: string): string {
  return `\${config.${settingKey(variable)}}`;
}

/** The setting that a variable is. */
export function settingOf(variable: string, help?: string): ToolUniverseSetting {
  return {
    type: 'string',
    'x-secret': true,
    'x-env': variable,
    description: 'Key of the service',
    ...(help === undefined ? {} : { 'x-help-url': help }),
  };
}

/** The defaults of the schema, which ToolUniverse sends; but for those that `params` has. */
function defaultsOf(entry: JsonObject): JsonObject {
  const params = objectIn(objectIn(entry, 'fields'), 'params');
  const properties = Object.entries(objectIn(objectIn(entry, 'parameter'), 'properties'));
  return Object.fromEntries(
    properties.flatMap(([name, schema]) => {
      const value = isObject(schema) ? schema.default : undefined;
      return value === undefined || value === null || Object.hasOwn(params, name) ? [] : [[name, value]];
    }),
  );
}

function textsByName(record: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
