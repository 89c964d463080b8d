/** A way in which a service lets its caller down, once or several times. */
export type Fault =
  /** An answer without an envelope. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterS?: number }
  /** An error as the contract has it. Default status 200. */
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly retriable?: boolean;
      readonly status?: number;
    }
  /** No answer at all; the request is read. */
  | { readonly kind: 'hang' }
  /** The connection breaks before an answer. */
  | { readonly kind: 'reset' }
  /** An answer that is no JSON. */
  | { readonly kind: 'garbage' };

/** The faults that are to come, by tool, in the order in which they were asked for. */
export class FaultQueue {
  readonly #faults = new Map<string, Fault[]>();

  add(tool: string, fault: Fault, times: number): void {
    const queue = this.#faults.get(tool) ?? [];
    this.#faults.set(tool, queue);
    for (let time = 0; time < times; time += 1) queue.push(fault);
  }

  next(tool: string): Fault | undefined {
    return this.#faults.get(tool)?.shift();
  }
}
