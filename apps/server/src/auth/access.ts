import type { Host } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import type { Caller, KeyRing } from './key-ring.ts';

/** Who may use a route. `public` shows nothing that is secret. */
export type Access = 'public' | 'agent' | 'operator';

/** By which an admin key gives up its rights for one request: `agent` is all that it may say. */
const ACT_AS_HEADER = 'x-capstan-act-as';

/** What a request says about its caller. */
export interface CallerHeaders {
  readonly authorization?: string | undefined;
  readonly [ACT_AS_HEADER]?: string | readonly string[] | undefined;
}

/**
 * The caller of a request, narrowed where it asks for that.
 * @throws CapstanError CAPSTAN_UNAUTHENTICATED, whatever is wrong with the key; CAPSTAN_INVALID_REQUEST for another role.
 */
export function authenticate(keys: KeyRing, headers: CallerHeaders): Caller {
  const caller = keyHolder(keys, headers.authorization);
  const wanted = headers[ACT_AS_HEADER];
  if (wanted === undefined || wanted === caller.role) return caller;
  if (wanted !== 'agent') {
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', `${ACT_AS_HEADER} can only narrow a key to "agent"`);
  }
  return { ...caller, role: 'agent', principal: { ...caller.principal, roles: ['agent'], permissions: [] } };
}

function keyHolder(keys: KeyRing, authorization: string | undefined): Caller {
  const token = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1];
  const caller = token === undefined ? undefined : keys.find(token);
  if (caller !== undefined) return caller;
  const message = authorization === undefined ? 'this needs a key' : 'this key is not valid here';
  throw new CapstanError('CAPSTAN_UNAUTHENTICATED', message);
}

/** @throws CapstanError CAPSTAN_FORBIDDEN when an agent key asks for what only operators may. */
export function requireAccess(caller: Caller, access: Access): void {
  if (access !== 'operator' || caller.role === 'admin') return;
  throw new CapstanError('CAPSTAN_FORBIDDEN', 'only an admin key may do this', {
    hint: 'Use an admin key, or ask an operator of the workspace.',
  });
}

/**
 * The workspace that a caller names, or its own.
 * @throws CapstanError CAPSTAN_WORKSPACE_NOT_FOUND, the same for one of somebody else and for one that does not exist.
 */
export function workspaceFor(host: Host, caller: Caller, named: string | undefined): string {
  const wanted = named ?? caller.workspace ?? 'default';
  const isOwn = caller.workspace === undefined || caller.workspace === wanted;
  if (isOwn && host.workspaces().includes(wanted)) return wanted;
  throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace ${JSON.stringify(wanted.slice(0, 128))}`);
}
