import type { JsonObject, JsonValue } from '@capstan/sdk';
import { expectStatus, expectSuccess, shownAnswer } from '../answer-shape.ts';
import { type Bench, type Call, callTool } from '../bench.ts';
import { isErrorEnvelope, isObject, isSuccessEnvelope } from '../json-shape.ts';
import { failed, firstFailure, notOffered, passed, type Requirement, type Verdict } from '../requirement.ts';
import type { Subject } from '../survey.ts';
import { wrongTypes } from '../survey.ts';
import type { WireAnswer } from '../wire.ts';
import { ALLOWED } from './access.ts';
import { expectSame, isIdempotent, NOT_IDEMPOTENT, REPEATED, resultOf } from './repetition.ts';
import { withOffering } from './subject-check.ts';

const BATCHED = [...ALLOWED, 'CONTRACT-BATCH-1'];

function withBatches(check: (bench: Bench, subject: Subject) => Promise<Verdict>): Requirement['check'] {
  return withOffering({ flag: 'batch', offers: ({ isBatch }) => isBatch }, check);
}

function callBatch(
  bench: Bench,
  tool: string,
  items: readonly JsonValue[],
  call: Partial<Call> = {},
): Promise<WireAnswer> {
  return callTool(bench, { tool, isBatch: true, params: { items }, ...call });
}

/** The envelopes of a batch; undefined where the answer is none. */
function envelopesOf(answer: WireAnswer): readonly JsonValue[] | undefined {
  const result = resultOf(answer);
  return isObject(result) && Array.isArray(result.items) ? result.items : undefined;
}

/** Passes when each envelope says what it should: a success or an error. */
function expectEnvelopes(answer: WireAnswer, isGood: readonly boolean[]): Verdict {
  const success = expectSuccess(answer);
  if (success.status === 'failed') return success;
  const envelopes = envelopesOf(answer);
  if (envelopes === undefined) return failed(`${shownAnswer(answer)}; expected "result": { "items": [ … ] }`);
  if (envelopes.length !== isGood.length) {
    return failed(`${shownAnswer(answer)}: ${envelopes.length} items; expected ${isGood.length}`);
  }
  const odd = envelopes.findIndex(
    (envelope, index) => !(isGood[index] ? isSuccessEnvelope(envelope) : isErrorEnvelope(envelope)),
  );
  if (odd === -1) return passed;
  return failed(
    `item ${odd} is ${JSON.stringify(envelopes[odd]).slice(0, 160)}; expected the envelope of ${isGood[odd] ? 'a success' : 'an error'}`,
  );
}

function withMixed(
  check: (bench: Bench, subject: Subject, wrong: JsonObject) => Promise<Verdict>,
): Requirement['check'] {
  return withBatches(async (bench, subject) => {
    const wrong = wrongTypes(subject);
    return wrong === undefined ? notOffered('the example has no parameters') : check(bench, subject, wrong);
  });
}

export const BATCH_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-BATCH-1',
    title: 'A batch is answered with one envelope an item',
    level: 'optional',
    section: 'batch',
    needs: ALLOWED,
    check: withBatches(async (bench, { tool, params }) =>
      expectEnvelopes(await callBatch(bench, tool, [params, params]), [true, true]),
    ),
  },
  {
    id: 'CONTRACT-BATCH-2',
    title: 'An item that fails does not fail the batch',
    level: 'optional',
    section: 'batch',
    needs: BATCHED,
    check: withMixed(async (bench, { tool, params }, wrong) => {
      const answer = await callBatch(bench, tool, [params, wrong, 7]);
      const success = expectSuccess(answer);
      if (success.status === 'failed') return success;
      const envelopes = envelopesOf(answer) ?? [];
      const failures = envelopes.filter(isErrorEnvelope).length;
      if (envelopes.length === 3 && failures === 2) return passed;
      return failed(`${shownAnswer(answer)}: ${failures} of ${envelopes.length} items failed; expected 2 of 3`);
    }),
  },
  {
    id: 'CONTRACT-BATCH-3',
    title: 'The envelopes stand in the order of the items',
    level: 'optional',
    section: 'batch',
    needs: [...BATCHED, 'CONTRACT-BATCH-2'],
    check: withMixed(async (bench, { tool, params }, wrong) => {
      const first = expectEnvelopes(await callBatch(bench, tool, [params, wrong, wrong]), [true, false, false]);
      const last = expectEnvelopes(await callBatch(bench, tool, [wrong, wrong, params]), [false, false, true]);
      return firstFailure([first, last]);
    }),
  },
  {
    id: 'CONTRACT-BATCH-4',
    title: 'A batch without a list of items is refused with 400 or 422',
    level: 'optional',
    section: 'batch',
    needs: BATCHED,
    check: withBatches(async (bench, { tool, params }) => {
      const bodies: readonly JsonObject[] = [{}, { items: params }, { items: 7 }];
      const verdicts: Verdict[] = [];
      for (const each of bodies) {
        verdicts.push(expectStatus(await callTool(bench, { tool, isBatch: true, params: each }), [400, 422]));
      }
      return firstFailure(verdicts);
    }),
  },
  {
    id: 'CONTRACT-BATCH-5',
    title: 'A batch for a tool that does not exist is answered with 404',
    level: 'optional',
    section: 'batch',
    needs: BATCHED,
    check: withBatches(async (bench) => expectStatus(await callBatch(bench, 'conformance.no_such_tool', []), [404])),
  },
  {
    id: 'CONTRACT-BATCH-6',
    title: 'A batch without the token is refused with 401 or 403',
    level: 'optional',
    section: 'batch',
    needs: BATCHED,
    check: withBatches(async (bench, { tool, params }) => {
      if (bench.token === undefined) return notOffered('no token was given: the service is taken to need none');
      return expectStatus(await callBatch(bench, tool, [params], { authorization: null }), [401, 403]);
    }),
  },
  {
    id: 'CONTRACT-BATCH-7',
    title: 'A batch with the same key gives the same results',
    level: 'optional',
    section: 'batch',
    needs: [...BATCHED, ...REPEATED],
    check: withBatches(async (bench, { tool, params }) => {
      if (!isIdempotent(bench)) return NOT_IDEMPOTENT;
      const idempotencyKey = bench.newName();
      const first = await callBatch(bench, tool, [params, params], { idempotencyKey });
      const again = await callBatch(bench, tool, [params, params], { idempotencyKey });
      return firstFailure([expectSuccess(again), expectSame(withoutTimes(first), withoutTimes(again))]);
    }),
  },
];

/** Only the results are compared: a service may well write the time anew. */
function withoutTimes(answer: WireAnswer): WireAnswer {
  const results = (envelopesOf(answer) ?? []).map((envelope) =>
    isObject(envelope) ? (envelope.result ?? null) : null,
  );
  return { ...answer, json: { result: results } };
}
