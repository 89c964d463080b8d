import type { Principal } from '@capstan/sdk';
import { permissionsIn, ROLE_SCOPES, type Role, rightsOf, rolesWithin, type Scope } from './roles.ts';

/** What a caller proved who it is by. */
export const CREDENTIAL_KINDS = ['key', 'jwt', 'session'] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** Where a caller may go: every workspace, or these. Never empty. */
export type WorkspaceReach = 'all' | readonly string[];

/** Who a request comes from. There is none without a credential that was checked. */
export interface Caller {
  readonly kind: CredentialKind;
  readonly principal: Principal;
  readonly scopes: ReadonlySet<Scope>;
  readonly workspaces: WorkspaceReach;
  /** Of the key that it holds, or that its session was made with. */
  readonly keyId?: string;
  /** When it has to prove itself anew, in ms since the epoch; infinite where never. */
  readonly expiresAt: number;
}

/** What a caller is made of. */
export interface CallerFacts {
  readonly kind: CredentialKind;
  readonly id: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly workspaces: WorkspaceReach;
  readonly keyId?: string;
  readonly expiresAt?: number;
}

/**
 * A caller, frozen: it is shared by all requests of its credential. To manage the host is to manage all of it (keys for
 * every workspace, say), so whoever does not reach all workspaces is no more than an operator of those.
 */
export function callerOf(facts: CallerFacts): Caller {
  const role = facts.role === 'admin' && facts.workspaces !== 'all' ? 'operator' : facts.role;
  const { scopes, roles, permissions } = rightsOf(role, facts.scopes);
  return Object.freeze({
    kind: facts.kind,
    principal: Object.freeze({ id: facts.id, roles, permissions }),
    scopes,
    workspaces: facts.workspaces,
    ...(facts.keyId === undefined ? {} : { keyId: facts.keyId }),
    expiresAt: facts.expiresAt ?? Number.POSITIVE_INFINITY,
  });
}

/** The same caller with no more than the rights of a role. Nothing widens a caller. */
export function narrowed(caller: Caller, role: Role): Caller {
  return withScopes(caller, ROLE_SCOPES[role]);
}

/** The same caller with no more than these scopes. */
export function withScopes(caller: Caller, scopes: readonly Scope[]): Caller {
  const kept = scopes.filter((scope) => caller.scopes.has(scope));
  const roles = rolesWithin(new Set(kept));
  const permissions = permissionsIn(kept);
  return Object.freeze({
    ...caller,
    principal: Object.freeze({ id: caller.principal.id, roles, permissions }),
    scopes: new Set(kept),
  });
}

/** Whether a caller may go into a workspace. Says nothing about whether there is one. */
export function reaches({ workspaces }: Pick<Caller, 'workspaces'>, workspace: string): boolean {
  return workspaces === 'all' || workspaces.includes(workspace);
}

/** The workspace of a caller that names none. */
export function homeOf({ workspaces }: Pick<Caller, 'workspaces'>, fallback: string): string {
  if (workspaces === 'all' || workspaces.includes(fallback)) return fallback;
  return workspaces[0] ?? fallback;
}
