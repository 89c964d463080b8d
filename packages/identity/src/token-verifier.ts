import type { CapstanError } from '@capstan/sdk';
import type { Caller } from './caller.ts';

/** What became of a token. */
export type TokenVerdict =
  | { readonly kind: 'valid'; readonly caller: Caller }
  /** `isGuess`: it was made up; otherwise it was real once, or somewhere else. */
  | { readonly kind: 'refused'; readonly error: CapstanError; readonly isGuess: boolean };

/** Checks tokens of one form. A throw refuses as well. */
export interface TokenVerifier {
  /** Whether a token has the form. Asks nobody. */
  recognises(token: string): boolean;
  verify(token: string): Promise<TokenVerdict>;
}

export function refused(error: CapstanError, isGuess = false): TokenVerdict {
  return { kind: 'refused', error, isGuess };
}
