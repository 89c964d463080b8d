import type { JsonValue } from '@capstan/sdk';
import { expectSuccess, shownAnswer } from '../answer-shape.ts';
import { type Bench, callTool } from '../bench.ts';
import { callToEnd } from '../job-answers.ts';
import { isObject, isSameJson } from '../json-shape.ts';
import { failed, firstFailure, notOffered, passed, type Requirement, type Verdict } from '../requirement.ts';
import type { Subject } from '../survey.ts';
import type { WireAnswer } from '../wire.ts';
import { CALLED } from './calls.ts';
import { withSubject, withWrongTypes } from './subject-check.ts';

const KEYED = [...CALLED, 'CONTRACT-IDEMPOTENCY-1'];

/** What everything needs that repeats a call under its key. */
export const REPEATED: readonly string[] = [...KEYED, 'CONTRACT-IDEMPOTENCY-2'];

const AT_ONCE = 5;

export function isIdempotent({ discovery }: Bench): boolean {
  return discovery.kind === 'found' && discovery.isIdempotent;
}

/** Reason for a check to be left out where the service makes no promise about keys. */
export const NOT_IDEMPOTENT: Verdict = notOffered('GET /v1/tools does not say "idempotency": true');

function whereIdempotent(check: Requirement['check']): Requirement['check'] {
  return async (bench) => (isIdempotent(bench) ? check(bench) : NOT_IDEMPOTENT);
}

export function resultOf({ json }: WireAnswer): JsonValue | undefined {
  return isObject(json) ? json.result : undefined;
}

/** Passes when a repetition gave what the first call gave. */
export function expectSame(first: WireAnswer, again: WireAnswer): Verdict {
  if (isSameJson(resultOf(first), resultOf(again))) return passed;
  return failed(`${shownAnswer(again)}, where the first call with this key gave ${JSON.stringify(resultOf(first))}`);
}

async function checkRepeated(bench: Bench, subject: Subject): Promise<Verdict> {
  const idempotencyKey = bench.newName();
  const context = { execution_id: 'exe_the_same' };
  const first = await callToEnd(bench, { ...subject, idempotencyKey, context });
  const again = await callToEnd(bench, { ...subject, idempotencyKey, context });
  return firstFailure([expectSuccess(first), expectSuccess(again), expectSame(first, again)]);
}

async function checkOtherContext(bench: Bench, subject: Subject): Promise<Verdict> {
  const idempotencyKey = bench.newName();
  const first = await callToEnd(bench, { ...subject, idempotencyKey });
  const again = await callToEnd(bench, { ...subject, idempotencyKey });
  return firstFailure([expectSuccess(again), expectSame(first, again)]);
}

async function checkAtOnce(bench: Bench, subject: Subject): Promise<Verdict> {
  const idempotencyKey = bench.newName();
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, () => callToEnd(bench, { ...subject, idempotencyKey })),
  );
  const successes = answers.filter(({ status }) => status === 200);
  const others = answers.filter(({ status }) => status !== 200);
  const [first, ...rest] = successes;
  if (first === undefined)
    return failed(`of ${AT_ONCE} calls at once none succeeded; ${answers.map(shownAnswer)[0] ?? ''}`);
  return firstFailure([...rest.map((answer) => expectSame(first, answer)), ...others.map(expectRetriable)]);
}

function expectRetriable(answer: WireAnswer): Verdict {
  const error = isObject(answer.json) && isObject(answer.json.error) ? answer.json.error : {};
  if ([409, 429, 503].includes(answer.status) && error.retriable !== false) return passed;
  return failed(`${shownAnswer(answer)}; expected the result, or 409 or 503 with "retriable": true`);
}

export const REPETITION_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-IDEMPOTENCY-1',
    title: 'The same key with the same parameters gives the same result',
    level: 'optional',
    section: 'idempotency',
    needs: CALLED,
    check: whereIdempotent(withSubject(checkRepeated)),
  },
  {
    id: 'CONTRACT-IDEMPOTENCY-2',
    title: 'The context makes no difference to a key',
    level: 'optional',
    section: 'idempotency',
    needs: KEYED,
    check: whereIdempotent(withSubject(checkOtherContext)),
  },
  {
    id: 'CONTRACT-IDEMPOTENCY-3',
    title: 'Calls with one key at the same time are one call',
    level: 'optional',
    section: 'idempotency',
    needs: [...REPEATED, 'CONTRACT-LOAD-1'],
    check: whereIdempotent(withSubject(checkAtOnce)),
  },
  {
    id: 'CONTRACT-IDEMPOTENCY-4',
    title: 'A used key with other parameters is refused',
    level: 'optional',
    section: 'idempotency',
    needs: [...REPEATED, 'CONTRACT-BODY-3'],
    check: whereIdempotent(
      withWrongTypes(async (bench, subject, wrong) => {
        const idempotencyKey = bench.newName();
        await callToEnd(bench, { ...subject, idempotencyKey });
        const answer = await callTool(bench, { tool: subject.tool, params: wrong, idempotencyKey });
        if (answer.status >= 400 && answer.status < 500) return passed;
        return failed(`${shownAnswer(answer)} for other parameters under a used key; expected 400, 409 or 422`);
      }),
    ),
  },
  {
    id: 'CONTRACT-IDEMPOTENCY-5',
    title: 'A call that was refused does not spend its key',
    level: 'optional',
    section: 'idempotency',
    needs: [...REPEATED, 'CONTRACT-BODY-3'],
    check: whereIdempotent(
      withWrongTypes(async (bench, subject, wrong) => {
        const idempotencyKey = bench.newName();
        await callTool(bench, { tool: subject.tool, params: wrong, idempotencyKey });
        return expectSuccess(await callToEnd(bench, { ...subject, idempotencyKey }));
      }),
    ),
  },
];
