import type { JsonObject } from '@capstan/sdk';

/** What a team sees. */
export interface StoredWorkspace {
  /** Unique in a host; it is the workspace's id everywhere. */
  readonly slug: string;
  readonly tenant: string;
  readonly name: string;
  /** Limits and such, in the words of `workspaces.<slug>` in capstan.yaml. */
  readonly settings: JsonObject;
  readonly createdAt: number;
  /** Principal id. */
  readonly createdBy: string;
}
