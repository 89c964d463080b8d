import type { Migration } from 'kysely/migration';
import { initial } from './0001-initial.ts';

/** By name, which is their order. One that was released is never changed; there is no way back down. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': { up: initial },
};
