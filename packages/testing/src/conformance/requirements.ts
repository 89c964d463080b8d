import type { Requirement } from './requirement.ts';
import { ACCESS_REQUIREMENTS } from './requirements/access.ts';
import { BATCH_REQUIREMENTS } from './requirements/batches.ts';
import { BODY_REQUIREMENTS } from './requirements/bodies.ts';
import { CALL_REQUIREMENTS } from './requirements/calls.ts';
import { ERROR_REQUIREMENTS } from './requirements/errors.ts';
import { HEADER_REQUIREMENTS } from './requirements/headers.ts';
import { JOB_REQUIREMENTS } from './requirements/jobs.ts';
import { OFFER_REQUIREMENTS } from './requirements/offers.ts';
import { REPETITION_REQUIREMENTS } from './requirements/repetition.ts';
import { STREAM_REQUIREMENTS } from './requirements/streams.ts';

/** Everything that the kit checks, in the order of the report. One needs only those before it. */
export const CONTRACT_REQUIREMENTS: readonly Requirement[] = [
  ...ACCESS_REQUIREMENTS,
  ...CALL_REQUIREMENTS,
  ...HEADER_REQUIREMENTS,
  ...BODY_REQUIREMENTS,
  ...ERROR_REQUIREMENTS,
  ...OFFER_REQUIREMENTS,
  ...REPETITION_REQUIREMENTS,
  ...BATCH_REQUIREMENTS,
  ...JOB_REQUIREMENTS,
  ...STREAM_REQUIREMENTS,
];
