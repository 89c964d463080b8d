/** A team's own policies: the text of one `.cedar` file. */
export interface StoredPolicy {
  /** File name without folder, such as `refunds.cedar`. */
  readonly name: string;
  /** Absent: it holds in all workspaces of the host. */
  readonly workspace?: string;
  readonly text: string;
  readonly updatedAt: number;
  readonly updatedBy: string;
}
