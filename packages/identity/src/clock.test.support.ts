/** A clock that moves when it is told to. */
export class FakeClock {
  ms = 1_000_000;

  now(): number {
    return this.ms;
  }

  pass(ms: number): void {
    this.ms += ms;
  }
}
