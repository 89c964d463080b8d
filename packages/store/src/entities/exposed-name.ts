/** The name under which the agents of a workspace see a tool. Given once; see {@link StoreWriter.claimNames}. */
export interface StoredName {
  readonly workspace: string;
  readonly toolId: string;
  /** Unique in its workspace. */
  readonly name: string;
}
