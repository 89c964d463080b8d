/** Who owns workspaces. The tenant `default` always exists. */
export interface StoredTenant {
  readonly id: string;
  readonly name: string;
  /** Ms since 1970, as all times of the store. */
  readonly createdAt: number;
}
