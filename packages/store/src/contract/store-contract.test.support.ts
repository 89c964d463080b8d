import { describe } from 'vitest';
import { approvalContract } from './approval-contract.test.support.ts';
import { auditContract } from './audit-contract.test.support.ts';
import { changeContract } from './change-contract.test.support.ts';
import { collectionContract } from './collection-contract.test.support.ts';
import type { OpenStore } from './open-store.test.support.ts';

/** What every driver has to do. Each test opens a store of its own, empty. */
export function describeStore(driver: string, open: OpenStore): void {
  describe(`the store contract, ${driver}`, () => {
    collectionContract(open);
    changeContract(open);
    approvalContract(open);
    auditContract(open);
  });
}
