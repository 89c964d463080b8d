import { type DocumentPath, suggest } from '@capstan/schema';
import type { ReadingContext } from './read/reading-context.ts';

const REFERENCE = /\$\{config\.([^}]*)\}/g;

/** Says which `${config.key}` in a value, however deep, name no setting of the pack. */
export function checkReferences(value: unknown, path: DocumentPath, context: ReadingContext): void {
  if (typeof value === 'string') checkText(value, path, context);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) checkReferences(member, [...path, key], context);
}

function checkText(text: string, path: DocumentPath, { report, settings }: ReadingContext): void {
  for (const [written, key = ''] of text.matchAll(REFERENCE)) {
    const [setting = ''] = key.split('.');
    if (settings.has(setting)) continue;
    const similar = suggest(setting, settings);
    const hint =
      similar === undefined ? "Add the setting under 'config.schema'." : `did you mean '\${config.${similar}}'?`;
    report.add('CAPSTAN_MANIFEST_REFERENCE_UNKNOWN', path, {
      message: `${written} names no setting of the pack`,
      hint,
    });
  }
}
