import type { HttpAnswer } from '../types.ts';
import type { AttemptVerdict, Repetition } from './attempt-failure.ts';
import { retryAfterMs } from './retry-after.ts';

/** What an answer of plain HTTP says about another attempt, by its status alone: a contract may say it better. */
export function judgeAnswer({ status, headers }: HttpAnswer, now: number): AttemptVerdict {
  const waitMs = retryAfterMs(headers['retry-after'], now);
  return {
    repetition: repetitionAfter(status),
    health: isFailing(status) ? 'down' : 'up',
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

function isFailing(status: number): boolean {
  return status >= 500 || status === 408;
}

/** 429 and 503 say that the request was not taken up (RFC 6585, section 4; RFC 9110, section 15.6.4). */
function repetitionAfter(status: number): Repetition {
  if (status === 429 || status === 503) return 'nothing_done';
  return isFailing(status) && status !== 501 ? 'if_repeatable' : 'never';
}
