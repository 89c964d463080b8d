import { isSuccessEnvelope } from './json-shape.ts';
import { failed, passed, type Verdict } from './requirement.ts';
import type { WireAnswer } from './wire.ts';

/** Passes for a success with status 200. */
export function expectSuccess(answer: WireAnswer): Verdict {
  if (answer.status === 200 && isSuccessEnvelope(answer.json)) return passed;
  return failed(`${shownAnswer(answer)}; expected 200 with "success": true`);
}

/** Passes for one of the statuses. */
export function expectStatus(answer: WireAnswer, statuses: readonly number[]): Verdict {
  if (statuses.includes(answer.status)) return passed;
  return failed(`${shownAnswer(answer)}; expected ${statuses.join(' or ')}`);
}

const MAX_BODY = 160;

/** What came back, on one line. */
export function shownAnswer({ request, status, text }: WireAnswer): string {
  const body = text.replace(/\s+/g, ' ').trim();
  const cut = body.length > MAX_BODY ? `${body.slice(0, MAX_BODY)}…` : body;
  return `${request} was answered with ${status} ${cut === '' ? 'and an empty body' : cut}`;
}
