import type { Role } from '../roles.ts';

/** Signatures by a public key. None by a shared secret, and never none at all. */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Whose tokens are taken, and what they mean here. */
export interface JwtIssuer {
  /** Its name in principal ids: `user:{name}/{subject}`. Unique. */
  readonly name: string;
  /** As it stands in `iss`, to the letter. */
  readonly issuer: string;
  /** Absent: asked of the issuer's metadata. */
  readonly jwksUrl?: string;
  /** Accepted in `aud`, beside the URLs of this server itself. */
  readonly audience: readonly string[];
  readonly algorithms: readonly JwtAlgorithm[];
  /** How far clocks may differ, in seconds. */
  readonly clockSkewS: number;
  /** Names of claims; with dots a way into objects (`realm_access.roles`). */
  readonly claims: {
    readonly subject: string;
    readonly roles: string;
    readonly workspaces: string;
    readonly scopes: string;
  };
  /** Role by value of the roles claim. Absent: the values are our roles. */
  readonly roles?: Readonly<Record<string, Role>>;
  /** Of whom no value says otherwise. Absent: has no access. */
  readonly defaultRole?: Role;
  /** Workspace by value of the workspaces claim, `*` for all. Absent: the values are ids of workspaces. */
  readonly workspaces?: Readonly<Record<string, string>>;
  /** Of whom no value says otherwise. */
  readonly defaultWorkspaces: readonly string[];
}
