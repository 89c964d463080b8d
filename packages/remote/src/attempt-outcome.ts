import type { AttemptFailure } from '@capstan/http';
import type { JsonValue } from '@capstan/sdk';
import type { RemoteJob } from './envelope.ts';

/** What one attempt came to. */
export type AttemptOutcome = AttemptSuccess | AttemptFailure;

/** The result, or the job that will have it. */
export type AttemptSuccess =
  | { readonly ok: true; readonly result: JsonValue; readonly job?: undefined }
  | { readonly ok: true; readonly job: RemoteJob };
