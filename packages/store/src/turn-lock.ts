/** Lets one through at a time, in the order in which they came. */
export class TurnLock {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work);
    // Whoever comes next does not care how this one ended; its caller does.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
