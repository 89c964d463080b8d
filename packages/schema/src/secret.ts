import type { Secret } from '@capstan/sdk';

/** What stands wherever a secret would have stood. */
export const MASK = '●●●●';

/**
 * 1. A secret's value lives only in `values`, keyed by the opaque object that stands for it.
 * 2. `live` holds each value's written forms as long as some secret object has that value, so that text can be masked.
 * 3. A value shorter than MIN_MASKED_LENGTH is still opaque, but not looked for in text: it would mask ordinary words.
 */
const values = new WeakMap<Secret, string>();
const live = new Map<string, { count: number; readonly forms: readonly string[] }>();
const released = new FinalizationRegistry<string>(forget);
const MIN_MASKED_LENGTH = 6;

const SECRET_PROTOTYPE = Object.freeze({
  kind: 'secret',
  toString: () => MASK,
  toJSON: () => MASK,
  [Symbol.for('nodejs.util.inspect.custom')]: () => MASK,
});

/** Wraps a value so that it can travel without being readable. */
export function createSecret(value: string): Secret {
  const secret: Secret = Object.freeze(Object.create(SECRET_PROTOTYPE));
  values.set(secret, value);
  if (value.length >= MIN_MASKED_LENGTH) {
    const entry = live.get(value);
    if (entry) entry.count += 1;
    else live.set(value, { count: 1, forms: writtenForms(value) });
    released.register(secret, value);
  }
  return secret;
}

/** Whether a value is a secret made here. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && values.has(value as Secret);
}

/**
 * The value of a secret, to be put on the wire at once and kept nowhere. For `http` and `remote` only.
 * @throws TypeError for an object that was not made by {@link createSecret}.
 */
export function spendSecret(secret: Secret): string {
  const value = values.get(secret);
  if (value === undefined) throw new TypeError('not a secret of this host');
  return value;
}

/** A text without any live secret in it: neither plain, nor URL-encoded, nor base64, nor JSON-escaped. */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const { forms } of live.values()) {
    for (const form of forms) if (masked.includes(form)) masked = masked.replaceAll(form, MASK);
  }
  return masked;
}

function forget(value: string): void {
  const entry = live.get(value);
  if (!entry) return;
  entry.count -= 1;
  if (entry.count === 0) live.delete(value);
}

function writtenForms(value: string): readonly string[] {
  const forms = new Set([value, encodeURIComponent(value), new URLSearchParams([['', value]]).toString().slice(1)]);
  forms.add(JSON.stringify(value).slice(1, -1));
  for (const encoded of base64Forms(value)) forms.add(encoded);
  return [...forms].filter((form) => form.length >= MIN_MASKED_LENGTH).sort((a, b) => b.length - a.length);
}

/** The base64 of the value at each of the three places that it can have in longer text, without the characters that its neighbours decide. */
function base64Forms(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const forms: string[] = [];
  for (const lead of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(lead), bytes]);
    const first = lead === 0 ? 0 : lead + 1;
    const whole = Math.floor((padded.length * 8) / 6);
    forms.push(padded.toString('base64').slice(first, whole), padded.toString('base64url').slice(first, whole));
  }
  return forms;
}
