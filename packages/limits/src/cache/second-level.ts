/** A result that was kept, as text. Times in ms since the epoch. */
export interface CachedText {
  readonly text: string;
  readonly storedAt: number;
  readonly freshUntil: number;
  /** Until then it may stand in while a new one is fetched; equal to `freshUntil` where it may not. */
  readonly staleUntil: number;
}

/** What a second level knows of an entry, at one moment. */
export interface SecondLevelFinding {
  readonly entry: CachedText | undefined;
  /** The number of the last clearing: what is put under it is void once one of its marks was cleared later. */
  readonly epoch: number;
}

/** A cache that several replicas share, behind the one in memory. */
export interface SecondLevel {
  /** Undefined where it does not answer. Never throws. */
  find(id: string, marks: readonly string[]): Promise<SecondLevelFinding | undefined>;
  /** Never throws: what cannot be put is not there. */
  put(id: string, entry: CachedText, epoch: number): Promise<void>;
  /** Clears the entries with a mark, here and on the other replicas. @returns whether it answered */
  clear(mark: string): Promise<boolean>;
  /** Told the marks that other replicas cleared; undefined when some may have been missed. */
  onCleared(listener: (mark: string | undefined) => void): void;
  close(): Promise<void>;
}
