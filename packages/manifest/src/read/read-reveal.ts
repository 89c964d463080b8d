import { suggest } from '@capstan/schema';
import type { ConfigObjectSchema } from '../pack-manifest.ts';
import { type Fields, textsAt } from '../record.ts';
import type { ReadingContext } from './reading-context.ts';

/** Reads `reveal`: each is a secret setting of the pack. What is none has a diagnostic, and is not revealed. */
export function readReveal(
  manifest: Fields,
  { properties }: ConfigObjectSchema,
  { report }: ReadingContext,
): readonly string[] {
  return textsAt(manifest, 'reveal').filter((name, index) => {
    const at = ['reveal', index];
    const setting = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (setting === undefined) {
      const similar = suggest(name, Object.keys(properties));
      const hint = similar === undefined ? "Add it to 'config.schema'." : `did you mean '${similar}'?`;
      report.add('CAPSTAN_MANIFEST_REFERENCE_UNKNOWN', at, { message: `the pack has no setting '${name}'`, hint });
      return false;
    }
    if (setting['x-secret'] === true) return true;
    const message = `'${name}' is no secret: code of the pack reads it anyway`;
    report.add('CAPSTAN_MANIFEST_VALUE', at, { message, hint: "Take it out of 'reveal', or make the setting secret." });
    return false;
  });
}
