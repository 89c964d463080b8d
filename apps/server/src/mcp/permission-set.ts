import type { Principal } from '@capstan/sdk';

const permissionSets = new WeakMap<Principal, string>();

/** What decides what a principal sees: principals who may the same share a list. */
export function permissionSetOf(principal: Principal): string {
  const known = permissionSets.get(principal);
  if (known !== undefined) return known;
  const text = JSON.stringify([principal.roles, principal.permissions]);
  permissionSets.set(principal, text);
  return text;
}
