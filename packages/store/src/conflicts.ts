import { CapstanError } from '@capstan/sdk';

/** Somebody has what was to be written already. */
export function alreadyThere(collection: string, key: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', `'${key}' exists already (${collection})`, {
    hint: 'Choose another name, or change the one that is there.',
  });
}

/** The state is another one than its writer saw. */
export function changedMeanwhile(expected: number, actual: number): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', `the state changed meanwhile: revision ${actual}, expected ${expected}`, {
    hint: 'Read it again and repeat the change.',
    details: { revision: actual, expected_revision: expected },
  });
}
