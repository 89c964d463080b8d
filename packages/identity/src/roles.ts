/** What a caller may be, weakest first. */
export const ROLES = ['viewer', 'agent', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What a credential may be used for. */
export const ACTION_SCOPES = ['tools:read', 'tools:call', 'workspace:manage', 'host:manage'] as const;
export type ActionScope = (typeof ACTION_SCOPES)[number];

/** An action, or a permission that tools ask for (`permission:network_access`), which goes to the principal. */
export type Scope = ActionScope | `permission:${string}`;

/** Each role may do what the one before it may, and one thing more. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly ActionScope[]>> = Object.freeze({
  viewer: ['tools:read'],
  agent: ['tools:read', 'tools:call'],
  operator: ['tools:read', 'tools:call', 'workspace:manage'],
  admin: ACTION_SCOPES,
});

/** What is left of a role when a credential is narrowed to scopes. */
export interface Rights {
  readonly scopes: ReadonlySet<Scope>;
  /** See {@link rolesWithin}. */
  readonly roles: readonly Role[];
  readonly permissions: readonly string[];
}

/**
 * The rights of a role under scopes.
 * @param scopes those the credential is narrowed to; without any action among them, all actions of the role
 */
export function rightsOf(role: Role, scopes: readonly Scope[]): Rights {
  const own = ROLE_SCOPES[role];
  const actions = scopes.some(isActionScope) ? own.filter((scope) => scopes.includes(scope)) : own;
  const left = new Set<Scope>([...actions, ...scopes.filter((scope) => !isActionScope(scope))]);
  return { scopes: left, roles: rolesWithin(left), permissions: permissionsIn(scopes) };
}

/**
 * The strongest role of which nothing is missing; none where every one lacks something. A policy that lets an operator
 * call a tool must not see an operator in a credential that may not call.
 */
export function rolesWithin(scopes: ReadonlySet<Scope>): readonly Role[] {
  const whole = ROLES.filter((role) => ROLE_SCOPES[role].every((scope) => scopes.has(scope)));
  return Object.freeze(whole.slice(-1));
}

const PERMISSION = /^permission:([a-z][a-z0-9_.]{0,63})$/;

/** The permissions among scopes. */
export function permissionsIn(scopes: readonly Scope[]): readonly string[] {
  return Object.freeze(scopes.flatMap((scope) => PERMISSION.exec(scope)?.[1] ?? []));
}

/** Whether one role may do all that another may. */
export function isAtLeast(role: Role, other: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(other);
}

/** Whether a role may be narrowed to a scope. */
export function isScopeOf(role: Role, scope: Scope): boolean {
  return !isActionScope(scope) || ROLE_SCOPES[role].includes(scope);
}

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

export function isScope(value: unknown): value is Scope {
  return isActionScope(value) || (typeof value === 'string' && PERMISSION.test(value));
}

function isActionScope(value: unknown): value is ActionScope {
  return ACTION_SCOPES.some((scope) => scope === value);
}
