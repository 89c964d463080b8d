/** A principal that belongs to a workspace. */
export interface StoredMember {
  readonly workspace: string;
  /** Principal id, such as `user:ada@example.com`. */
  readonly principal: string;
  readonly roles: readonly string[];
  readonly addedAt: number;
  readonly addedBy: string;
}
