import type { BootstrapKeys } from '../data-folder/bootstrap-keys.ts';
import type { ServerKey } from './server-auth.ts';

/** The key of whoever can read the data folder. */
export const BOOTSTRAP_ADMIN = 'bootstrap-admin';

/** The two keys of a data folder, as keys of a server. */
export function bootstrapServerKeys(keys: BootstrapKeys): readonly ServerKey[] {
  return [
    { name: BOOTSTRAP_ADMIN, role: 'admin', value: keys.admin },
    { name: 'bootstrap-agent', role: 'agent', workspace: 'default', value: keys.agent },
  ];
}
