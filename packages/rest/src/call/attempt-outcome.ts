import type { AttemptFailure, AttemptVerdict, HttpAnswer } from '@capstan/http';

/** What one attempt came to: an answer of any status, or none. */
export type AttemptOutcome = (AttemptVerdict & { readonly ok: true; readonly answer: HttpAnswer }) | AttemptFailure;
