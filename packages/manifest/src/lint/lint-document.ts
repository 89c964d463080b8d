import type { DocumentPath } from '@capstan/schema';
import { isFields, textAt } from '../record.ts';
import type { Report } from '../report.ts';
import { lintText } from './lint-text.ts';

/** Keys whose texts are for people or for tools, not for calls. */
const DOCUMENTATION = new Set([
  '$id',
  '$ref',
  '$schema',
  'description',
  'display_name',
  'examples',
  'help_url',
  'homepage',
  'pattern',
  'placeholder',
  'repository',
  'title',
  'ui_schema',
  'x-help-url',
  'x-placeholder',
]);

/** Looks through the texts of a manifest, as written. */
export function lintDocument(value: unknown, egress: readonly string[], report: Report): void {
  walk(value, { path: [], name: undefined, isDocumentation: false });

  function walk(part: unknown, at: { path: DocumentPath; name: string | undefined; isDocumentation: boolean }): void {
    if (typeof part === 'string') lintText({ text: part, ...at, placeOf: () => undefined }, egress, report);
    if (typeof part !== 'object' || part === null) return;
    // The default of a setting is the value of what the setting is called.
    const owner = isFields(part) ? textAt(part, 'name') : undefined;
    for (const [key, member] of Object.entries(part)) {
      const isDocumentation = at.isDocumentation || DOCUMENTATION.has(key);
      const name = Array.isArray(part) ? at.name : key === 'default' ? (owner ?? at.name) : key;
      walk(member, { path: [...at.path, key], name, isDocumentation });
    }
  }
}
