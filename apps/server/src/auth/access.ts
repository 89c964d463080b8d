import type { Host } from '@capstan/host';
import { type ActionScope, type Caller, homeOf, ROLE_SCOPES, ROLES, reaches } from '@capstan/identity';
import { CapstanError } from '@capstan/sdk';

/** Who may use a route: the weakest role that may, or anybody with a credential. */
export const ACCESS_LEVELS = ['authenticated', 'viewer', 'agent', 'operator', 'admin'] as const;
export type Access = (typeof ACCESS_LEVELS)[number];

const NEEDED: Readonly<Record<Access, ActionScope | undefined>> = {
  authenticated: undefined,
  viewer: 'tools:read',
  agent: 'tools:call',
  operator: 'workspace:manage',
  admin: 'host:manage',
};

/** @throws CapstanError CAPSTAN_FORBIDDEN when a caller asks for what only others may. */
export function requireAccess(caller: Caller, access: Access): void {
  const scope = NEEDED[access];
  if (scope === undefined || caller.scopes.has(scope)) return;
  const roles = ROLES.filter((role) => ROLE_SCOPES[role].includes(scope)).join(', ');
  throw new CapstanError('CAPSTAN_FORBIDDEN', `this needs the scope ${scope}`, {
    hint: `Use a key with it (${roles}), or ask an operator of the workspace.`,
  });
}

/** @throws CapstanError CAPSTAN_FORBIDDEN for a caller of some workspaces, where something shows all of them */
export function requireWholeHost(caller: Caller): void {
  if (caller.workspaces === 'all') return;
  throw new CapstanError('CAPSTAN_FORBIDDEN', 'this shows all workspaces, and this key does not have them all', {
    hint: 'Use the key of an operator without a workspace, or of an admin.',
  });
}

/** How much of the set-up somebody is shown. */
export type Viewer = 'agent' | 'operator';

export function viewerOf(caller: Caller): Viewer {
  return caller.scopes.has('workspace:manage') ? 'operator' : 'agent';
}

/**
 * The workspace that a caller names, or its own.
 * @throws CapstanError CAPSTAN_WORKSPACE_NOT_FOUND, the same for one of somebody else and for one that does not exist.
 */
export function workspaceFor(host: Pick<Host, 'workspaces'>, caller: Caller, named: string | undefined): string {
  const wanted = named ?? homeOf(caller, homeOfAll(host, caller));
  if (reaches(caller, wanted) && host.workspaces().includes(wanted)) return wanted;
  throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace ${JSON.stringify(wanted.slice(0, 128))}`);
}

/** Where somebody who may go everywhere is at home: in a host without `default` in its first workspace. */
function homeOfAll(host: Pick<Host, 'workspaces'>, { workspaces }: Caller): string {
  const known = host.workspaces();
  return workspaces === 'all' && !known.includes('default') ? (known[0] ?? 'default') : 'default';
}
