import type { JWTPayload } from 'jose';
import { type Caller, callerOf, type WorkspaceReach } from '../caller.ts';
import { memberOf } from '../documents.ts';
import { isRole, isScope, ROLES, type Role } from '../roles.ts';
import type { JwtIssuer } from './jwt-settings.ts';

const WORKSPACE = /^[a-z0-9][a-z0-9_-]*$/;
const SUBJECT = /^[\x20-\x7e]{1,256}$/;
const ALL = '*';

/** Why claims give nobody access. */
export type ClaimFlaw = 'no_subject' | 'no_role' | 'no_workspace';

/**
 * Who checked claims speak of.
 * @param onlyIn the one workspace that the token's audience names
 */
export function callerOfClaims(claims: JWTPayload, issuer: JwtIssuer, onlyIn: string | undefined): Caller | ClaimFlaw {
  const subject = claimAt(claims, issuer.claims.subject);
  if (typeof subject !== 'string' || !SUBJECT.test(subject)) return 'no_subject';
  const role = roleIn(claims, issuer);
  if (role === undefined) return 'no_role';
  const reach = reachIn(claims, issuer, role);
  const workspaces = onlyIn === undefined ? reach : within(reach, onlyIn);
  if (workspaces !== 'all' && workspaces.length === 0) return 'no_workspace';
  return callerOf({
    kind: 'jwt',
    id: `user:${issuer.name}/${subject}`,
    role,
    scopes: textsOf(claimAt(claims, issuer.claims.scopes)).filter(isScope),
    workspaces,
    expiresAt: ((claims.exp ?? 0) + issuer.clockSkewS) * 1000,
  });
}

/** The strongest of those that the claim names. */
function roleIn(claims: JWTPayload, { claims: names, roles, defaultRole }: JwtIssuer): Role | undefined {
  const values = textsOf(claimAt(claims, names.roles));
  const found = values.map((value) => (roles === undefined ? value : memberOf(roles, value))).filter(isRole);
  return ROLES.findLast((role) => found.includes(role)) ?? defaultRole;
}

/** Everywhere is nothing that a token can say by itself: the operator's table does, or the role of an admin. */
function reachIn(claims: JWTPayload, issuer: JwtIssuer, role: Role): WorkspaceReach {
  const values = textsOf(claimAt(claims, issuer.claims.workspaces));
  const { workspaces: table } = issuer;
  const named = values
    .map((value) => (table === undefined ? value : memberOf(table, value)))
    .filter((value) => typeof value === 'string');
  if (table !== undefined && named.includes(ALL)) return 'all';
  const known = named.filter((value) => WORKSPACE.test(value));
  if (known.length > 0) return Object.freeze([...new Set(known)]);
  return role === 'admin' && values.length === 0 ? 'all' : issuer.defaultWorkspaces;
}

function within(reach: WorkspaceReach, workspace: string): readonly string[] {
  return reach === 'all' || reach.includes(workspace) ? Object.freeze([workspace]) : [];
}

/** A claim by its name, or by the way to it: names of claims may hold dots themselves (`https://example.com/roles`). */
function claimAt(claims: JWTPayload, name: string): unknown {
  const whole = memberOf(claims, name);
  if (whole !== undefined) return whole;
  return name.split('.').reduce<unknown>(memberOf, claims);
}

/** A list, or words with spaces between them (RFC 6749, section 3.3). */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
