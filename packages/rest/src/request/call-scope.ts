import { isSecret } from '@capstan/schema';
import { CapstanError, type JsonObject, type JsonValue, type ResolvedConfig, type Secret } from '@capstan/sdk';
import { ownMember } from '../json-object.ts';
import type { Scope } from '../template/value-template.ts';

/** What the slots of a backend stand for in one call. */
export function callScope(input: JsonObject, config: ResolvedConfig): Scope {
  return {
    argument: (name) => (Object.hasOwn(input, name) ? input[name] : undefined),
    config: (key) => settingOf(config, key),
  };
}

/** A setting, or `undefined` where it is not set. May be a secret. */
export function lookUp(config: ResolvedConfig, key: string): JsonValue | Secret | undefined {
  const value = key.split('.').reduce<unknown>((at, step) => ownMember(at, step), config);
  return isSet(value) ? value : undefined;
}

/** Everything inside of a config is JSON or secret; the empty string counts as unset. */
function isSet(value: unknown): value is JsonValue | Secret {
  return value !== undefined && value !== null && value !== '';
}

function isPlain(value: JsonValue | Secret): value is JsonValue {
  return !isSecret(value);
}

function settingOf(config: ResolvedConfig, key: string): JsonValue {
  const value = lookUp(config, key);
  if (value === undefined) throw missingSetting(key);
  if (isPlain(value)) return value;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `\${config.${key}} is secret and may stand in auth: only.`, {
    hint: 'Name the setting under auth:, which attaches it when the request is sent.',
  });
}

/** The error of a call whose pack lacks a setting. */
export function missingSetting(
  key: string,
  description: string = 'Named by the http backend of the tool',
): CapstanError {
  return new CapstanError('CAPSTAN_NEEDS_CONFIG', `The setting "${key}" is not set.`, {
    details: { missing: [{ key, description }] },
  });
}

/** The error of a call one of whose arguments cannot be used. `name` is the argument's. */
export function argumentError(name: string, message: string): CapstanError {
  const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `"${name}" ${message}.`, {
    details: { problems: [{ pointer, message }] },
  });
}
