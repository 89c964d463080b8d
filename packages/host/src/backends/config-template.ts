import { isSecret } from '@capstan/schema';
import { CapstanError, type JsonObject, type JsonValue, type ResolvedConfig } from '@capstan/sdk';

const REFERENCE = /\$\{config\.([^}]+)\}/g;
const WHOLE = /^\$\{config\.([^}]+)\}$/;

/** Fills `${config.key}` in a text. A secret may not be put into text: it would be readable wherever the text goes. */
export function fillText(text: string, config: ResolvedConfig): string {
  return text.replaceAll(REFERENCE, (_match, key: string) => {
    const value = lookUp(config, key);
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

/** Fills `${config.key}` in every text of a value; a text that is nothing but a reference takes the value's own type. */
export function fillValue(value: JsonValue | undefined, config: ResolvedConfig): JsonValue | undefined {
  if (typeof value === 'string') {
    const whole = WHOLE.exec(value);
    return whole?.[1] === undefined ? fillText(value, config) : lookUp(config, whole[1]);
  }
  if (Array.isArray(value)) return value.map((item: JsonValue) => fillValue(item, config) ?? null);
  return typeof value === 'object' && value !== null ? fillObject(value as JsonObject, config) : value;
}

/** {@link fillValue} for an object; what is unset is left out. */
export function fillObject(value: JsonObject, config: ResolvedConfig): JsonObject {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      const filled = fillValue(member, config);
      return filled === undefined ? [] : [[key, filled]];
    }),
  );
}

function lookUp(config: ResolvedConfig, path: string): JsonValue | undefined {
  const value = path
    .split('.')
    .reduce<unknown>((at, key) => (isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined), config);
  if (isSecret(value)) {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `\${config.${path}} is secret and cannot be put into a text`, {
      hint: 'Send secrets through auth; the host attaches them.',
    });
  }
  return value as JsonValue | undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
