/** Type oids of pg_type that JSON can carry as themselves; the driver's own parser reads them. */
const AS_THEMSELVES: ReadonlySet<number> = new Set([
  16, // bool
  21, // int2
  23, // int4
  26, // oid
  114, // json
  3802, // jsonb
]);
const INT8 = 20;
const FLOAT4 = 700;
const FLOAT8 = 701;
const BYTEA = 17;

/**
 * How the text of a value becomes JSON: numbers where JSON's numbers are exact, else the server's own text. So a
 * `numeric` and a `bigint` over 2^53 keep all their digits, and a timestamp keeps its time zone.
 */
export function columnParser(type: number, own: (text: string) => unknown): (text: string) => unknown {
  if (AS_THEMSELVES.has(type)) return own;
  if (type === INT8) return safeInteger;
  if (type === FLOAT4 || type === FLOAT8) return finite;
  if (type === BYTEA) return base64;
  return asText;
}

function asText(text: string): string {
  return text;
}

function safeInteger(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

/** JSON has no NaN and no Infinity. */
function finite(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** The server writes `\x` and hexadecimal digits. */
function base64(text: string): string {
  return Buffer.from(text.slice(2), 'hex').toString('base64');
}
