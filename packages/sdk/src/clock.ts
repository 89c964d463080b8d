/** A clock that tests can hold still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}
