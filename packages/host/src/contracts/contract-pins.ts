import type { StoredToolPin } from '@capstan/store';

/** Keeps the contracts that were accepted. */
export interface ContractPins {
  load(): Promise<readonly StoredToolPin[]>;
  /** Durable when it resolves. */
  save(pins: readonly StoredToolPin[]): Promise<void>;
}

/** Pins for as long as the process lives. */
export function memoryPins(initial: readonly StoredToolPin[] = []): ContractPins {
  const kept = new Map(initial.map((pin) => [`${pin.workspace} ${pin.toolId}`, pin]));
  return {
    load: async () => [...kept.values()],
    save: async (pins) => {
      for (const pin of pins) kept.set(`${pin.workspace} ${pin.toolId}`, pin);
    },
  };
}
