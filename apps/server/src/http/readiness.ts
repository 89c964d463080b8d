import { isCapstanError } from '@capstan/sdk';

/** Whether calls may be sent here. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'draining' }
  /** Something that it needs does not answer. */
  | { readonly kind: 'unavailable'; readonly code: string };

/** What {@link readinessOf} asks. */
export interface ReadinessParts {
  readonly isDraining: () => boolean;
  /** Rejects where something that the server needs does not answer. */
  readonly check?: (() => Promise<void>) | undefined;
  readonly now?: () => number;
}

/** Nobody needs a key to ask: however often that is, the check runs once in this time. */
const ASK_AGAIN_MS = 1000;

/** Answers from the last check, as long as it is new. */
export function readinessOf({ isDraining, check, now = Date.now }: ReadinessParts): () => Promise<Readiness> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let last: Promise<Readiness> = Promise.resolve({ kind: 'ready' });
  return () => {
    if (isDraining()) return Promise.resolve({ kind: 'draining' });
    if (check !== undefined && now() - askedAt >= ASK_AGAIN_MS) {
      askedAt = now();
      last = check().then(
        () => ({ kind: 'ready' }),
        (error: unknown) => ({ kind: 'unavailable', code: isCapstanError(error) ? error.code : 'CAPSTAN_INTERNAL' }),
      );
    }
    return last;
  };
}
