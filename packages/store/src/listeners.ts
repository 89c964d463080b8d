/** Whoever wants to hear of something. One that throws is the caller's defect, and reaches nobody else. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #onDefect: (cause: unknown) => void;

  constructor(onDefect: (cause: unknown) => void) {
    this.#onDefect = onDefect;
  }

  /** @returns what ends the listening. */
  add(listener: (event: Event) => void): () => void {
    const own = (event: Event): void => listener(event);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  tell(event: Event): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (cause) {
        this.#onDefect(cause);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
