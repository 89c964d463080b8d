import type { Ajv, Format, FormatDefinition } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';

/** No text of a format is longer. Some formats backtrack, which is harmless at this length alone. */
const MAX_FORMAT_LENGTH = 8192;

/** Formats that are checked here: the common check takes seconds for a text that is made for it. */
const OWN: Readonly<Record<string, (text: string) => boolean>> = {
  url: (text) => /^(?:https?|ftp):\/\/[^\s]+$/iu.test(text) && URL.canParse(text),
};

/** Formats of whole files. */
const UNLIMITED: Readonly<Record<string, (text: string) => boolean>> = {
  byte: (text) => isBase64(text.replaceAll(/[\r\n]+/g, '')),
};

const FORMATS: ReadonlyMap<string, Format> = new Map(
  Object.entries(fullFormats).map(([name, format]): [string, Format] => {
    const unlimited = UNLIMITED[name];
    if (unlimited) return [name, unlimited];
    return [name, limited(OWN[name] ?? format)];
  }),
);

/** Teaches an engine the formats of JSON Schema and OpenAPI, each in bounded time. */
export function useBoundedFormats(engine: Ajv): void {
  for (const [name, format] of FORMATS) engine.addFormat(name, format);
}

function limited(format: Format): Format {
  if (format === true || (isDefinition(format) && format.type === 'number')) return format;
  const check = checkOf(format);
  return (text: string) => text.length <= MAX_FORMAT_LENGTH && check(text);
}

function checkOf(format: Exclude<Format, true>): (text: string) => boolean {
  if (typeof format === 'string') return checkOf(new RegExp(format, 'u'));
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return (text) => format(text) === true;
  const { validate } = format as FormatDefinition<string>;
  return checkOf(validate);
}

function isDefinition(format: Format): format is Exclude<Format, true | string | RegExp | ((text: string) => boolean)> {
  return typeof format === 'object' && !(format instanceof RegExp);
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
