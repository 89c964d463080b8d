import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const RANDOM_BYTES_PER_ID = 16;
const IDS_PER_FILL = 256;
const pool = new Uint8Array(RANDOM_BYTES_PER_ID * IDS_PER_FILL);
let used = pool.length;

/** The id of an invocation: `exe_` and a UUIDv7 (RFC 9562). Randomness is drawn for many ids at once: drawing it costs more than the id. */
export function newExecutionId(): string {
  return `exe_${v7(OPTIONS)}`;
}

const OPTIONS = { rng: nextRandom };

function nextRandom(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += RANDOM_BYTES_PER_ID;
  return pool.subarray(used - RANDOM_BYTES_PER_ID, used);
}
