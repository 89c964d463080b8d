import type { ContractPins } from '@capstan/host';
import type { Store } from '@capstan/store';

/** The accepted definitions of tools, in the store that replicas share. */
export function storePins(store: Store): ContractPins {
  return {
    load: () => store.read.pins.list(),
    save: async (pins) => {
      await store.change(
        async (writer) => {
          for (const pin of pins) await writer.pins.put(pin);
        },
        // No host derives what it does from a pin that it wrote itself.
        { isQuiet: true },
      );
    },
  };
}
