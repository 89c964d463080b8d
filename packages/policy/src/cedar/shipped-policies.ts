import { readFileSync } from 'node:fs';
import type { PolicySource } from './read-policies.ts';

const SHIPPED = ['roles.cedar', 'permissions.cedar'] as const;

/** The policies that hold in every host, before any of a team. */
export function shippedPolicies(): readonly PolicySource[] {
  return SHIPPED.map((name) => ({
    path: `capstan/${name}`,
    text: readFileSync(new URL(`../../policies/${name}`, import.meta.url), 'utf8'),
  }));
}
