import type { JsonValue } from '@capstan/sdk';
import { dump } from 'js-yaml';

const LINE_WIDTH = 120;
/** Characters that a reader takes for damage where they stand unescaped. */
const DAMAGE = /[\u007f\ufffd]/g;

/** A value as a YAML 1.2 document that `readYaml` reads back as the same value. Without anchors: parts that are shared are written out. */
export function writeYaml(value: JsonValue): string {
  const text = dump(value, { lineWidth: LINE_WIDTH, noRefs: true, skipInvalid: true });
  if (text.search(DAMAGE) === -1) return text;
  // JSON is YAML too, and can escape them.
  return `${JSON.stringify(value, undefined, 2).replaceAll(DAMAGE, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
