import type { Diagnostic } from '@capstan/schema';

/** What these kinds say would quote the text of a value. */
const NEUTRAL: ReadonlyMap<string, string> = new Map([
  [
    'CAPSTAN_SETTINGS_YAML_ALIAS',
    'an alias (*name) refers to nothing complete before it; quote a text that begins with *',
  ],
  ['CAPSTAN_SETTINGS_YAML_TAG', 'a tag (!name) means nothing here and is left out; quote a text that begins with !'],
  ['CAPSTAN_SETTINGS_YAML_NUMBER', 'an integer is too long to keep its last digits; quote it'],
  ['CAPSTAN_SETTINGS_YAML_NOT_JSON', 'this is no value of JSON; quote it if it is a text'],
]);

/**
 * A finding of the YAML reader without the text that it is about: no source line, and nothing quoted. Where a file is
 * not even YAML, nobody can tell which of its texts are secrets.
 */
export function withoutText(diagnostic: Diagnostic): Diagnostic {
  const { frame: _, ...rest } = diagnostic;
  const message = NEUTRAL.get(diagnostic.code) ?? withoutQuotes(diagnostic);
  return { ...rest, message };
}

function withoutQuotes({ code, message }: Diagnostic): string {
  if (code !== 'CAPSTAN_SETTINGS_YAML_SYNTAX') return message;
  return message.replaceAll(/"[^"]*"|'[^']*'/g, '"…"').replace(/: .*$/s, '');
}
