import { holdsReference } from '@capstan/config';
import { createRedactor, MASK } from '@capstan/schema';
import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import { SECRET_AUTH_FIELDS } from '../settings/auth-fields.ts';
import { isMapping, jsonMapping } from '../settings/json-node.ts';
import { withValueAt } from '../state/runtime-connection.ts';
import { pointerOf } from './input-problem.ts';

/** A document, and the secrets that stood in it by JSON pointer. A reference is no secret: it only names one. */
export interface SplitDocument {
  readonly document: JsonObject;
  readonly secrets: ReadonlyMap<string, JsonValue>;
}

/** Takes the secrets out of a connection: those of `auth`, and what the pack's schema calls secret in `config`. */
export function splitConnection(definition: JsonObject, configSchema: JsonSchema): SplitDocument {
  const config = jsonMapping(definition.config);
  const auth = jsonMapping(definition.auth);
  const found = [
    ...secretPaths(config, createRedactor(configSchema)(config)).map((path) => ['config', ...path]),
    ...Object.keys(auth)
      .filter((field) => SECRET_AUTH_FIELDS.has(field) && isSecretValue(auth[field]))
      .map((field) => ['auth', field]),
  ];
  return split(definition, found);
}

/** Two names of one key: see the aliases of a server's declaration. */
const TOKEN_KEYS = ['token', 'auth_token'] as const;

/** Takes the secrets out of the declaration of an MCP server: its token, and the values of `headers` and `env`. */
export function splitMcpServer(definition: JsonObject): SplitDocument {
  const nested = ['headers', 'env'].flatMap((place) =>
    Object.entries(jsonMapping(definition[place]))
      .filter(([, value]) => isSecretValue(value))
      .map(([key]) => [place, key]),
  );
  const tokens = TOKEN_KEYS.filter((key) => isSecretValue(definition[key])).map((key) => [key]);
  return split(definition, [...tokens, ...nested]);
}

/** The document as it was before it was split. */
export function joinSecrets(
  { document, secrets }: SplitDocument,
  pathOf: (pointer: string) => readonly string[],
): JsonObject {
  let whole = document;
  for (const [pointer, value] of secrets) whole = withValueAt(whole, pathOf(pointer), value);
  return whole;
}

function split(definition: JsonObject, paths: readonly (readonly string[])[]): SplitDocument {
  let document = definition;
  const secrets = new Map<string, JsonValue>();
  for (const path of paths) {
    const value = valueAt(definition, path);
    if (value === undefined) continue;
    secrets.set(pointerOf(path), value);
    document = withoutValueAt(document, path);
  }
  return { document, secrets };
}

/** Where a redactor masked something that is no reference. A list with a secret in it is one whole. */
function secretPaths(value: JsonValue | undefined, masked: JsonValue | undefined): readonly (readonly string[])[] {
  if (value === masked || value === undefined) return [];
  if (masked === MASK || !isMapping(value)) return isSecretValue(value) ? [[]] : [];
  const shown = jsonMapping(masked);
  return Object.entries(value).flatMap(([key, member]) =>
    secretPaths(member as JsonValue, shown[key]).map((path) => [key, ...path]),
  );
}

function isSecretValue(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'string' || !holdsReference(value);
}

function valueAt(object: JsonObject, path: readonly string[]): JsonValue | undefined {
  let found: JsonValue | undefined = object;
  for (const step of path)
    found = isMapping(found) && Object.hasOwn(found, step) ? (found[step] as JsonValue) : undefined;
  return found;
}

function withoutValueAt(object: JsonObject, path: readonly string[]): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const { [key]: inner, ...others } = object;
  if (rest.length === 0) return others;
  return { ...object, [key]: withoutValueAt(jsonMapping(inner), rest) };
}
