import { type DocumentPath, suggest } from '@capstan/schema';
import { PERMISSIONS } from '@capstan/sdk';
import { type Fields, textsAt } from '../record.ts';
import type { ReadingContext } from './reading-context.ts';

const OWN_PERMISSION = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/;
const KNOWN: readonly string[] = PERMISSIONS;

/** Reads `permissions`: the known ones, and those of a pack's own in the form `x.y`. Others are kept, with a warning. */
export function readPermissions(fields: Fields, path: DocumentPath, { report }: ReadingContext): readonly string[] {
  const permissions = textsAt(fields, 'permissions');
  for (const [index, permission] of permissions.entries()) {
    if (KNOWN.includes(permission) || OWN_PERMISSION.test(permission)) continue;
    const similar = suggest(permission, KNOWN);
    const hint = similar === undefined ? 'One of your own has the form x.y.' : `did you mean '${similar}'?`;
    const message = `'${permission}' is no known permission`;
    report.add('CAPSTAN_MANIFEST_UNKNOWN_PERMISSION', [...path, 'permissions', index], { message, hint });
  }
  return permissions;
}
