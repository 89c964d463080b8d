import { expectStatus, expectSuccess, shownAnswer } from '../answer-shape.ts';
import { type Bench, callTool, contextOf } from '../bench.ts';
import { callToEnd } from '../job-answers.ts';
import { isObject } from '../json-shape.ts';
import { failed, firstFailure, notOffered, passed, type Requirement, type Verdict } from '../requirement.ts';
import type { Subject } from '../survey.ts';
import type { WireAnswer } from '../wire.ts';
import { ALLOWED } from './access.ts';
import { CALLED } from './calls.ts';
import { withSubject, withWrongTypes } from './subject-check.ts';

/** No JSON in anybody's dialect. */
const MALFORMED = ['{', '{"a":', '{"a" 1}', 'nonsense'];
const NO_OBJECTS = ['[]', '"text"', '7', 'null', 'true'];

const TAKEN_BYTES = 64 * 1024;
const LARGE_BYTES = 4 * 1024 * 1024;

export const BODY_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-BODY-1',
    title: 'A body that is no JSON is refused with 400',
    level: 'must',
    section: 'bodies',
    needs: ALLOWED,
    check: withSubject(async (bench, { tool }) => {
      const verdicts: Verdict[] = [];
      for (const body of MALFORMED) verdicts.push(expectStatus(await callTool(bench, { tool, body }), [400]));
      return firstFailure(verdicts);
    }),
  },
  {
    id: 'CONTRACT-BODY-2',
    title: 'JSON that is no object is refused with 400 or 422',
    level: 'must',
    section: 'bodies',
    needs: ALLOWED,
    check: withSubject(async (bench, { tool }) => {
      const verdicts: Verdict[] = [];
      for (const body of NO_OBJECTS) verdicts.push(expectStatus(await callTool(bench, { tool, body }), [400, 422]));
      return firstFailure(verdicts);
    }),
  },
  {
    id: 'CONTRACT-BODY-3',
    title: 'Parameters of the wrong type are refused with 400 or 422',
    level: 'must',
    section: 'bodies',
    needs: CALLED,
    check: withWrongTypes(async (bench, { tool }, wrong) =>
      expectStatus(await callTool(bench, { tool, params: wrong }), [400, 422]),
    ),
  },
  {
    id: 'CONTRACT-BODY-4',
    title: 'A missing parameter is refused with 400 or 422',
    level: 'must',
    section: 'bodies',
    needs: CALLED,
    check: withSubject(async (bench, subject) => {
      if (!hasRequired(bench, subject))
        return notOffered('GET /v1/tools names no parameter of the tool that is required');
      return expectStatus(await callTool(bench, { tool: subject.tool }), [400, 422]);
    }),
  },
  {
    id: 'CONTRACT-BODY-5',
    title: 'A body of 64 KiB is taken',
    level: 'must',
    section: 'bodies',
    needs: [...CALLED, 'CONTRACT-CONTEXT-1'],
    check: withSubject(async (bench, subject) => expectSuccess(await callPadded(bench, subject, TAKEN_BYTES))),
  },
  {
    id: 'CONTRACT-BODY-6',
    title: 'A body of 4 MiB is taken or refused with 413',
    level: 'must',
    section: 'bodies',
    needs: [...CALLED, 'CONTRACT-CONTEXT-1'],
    check: withSubject(async (bench, subject) =>
      expectStatus(await callPadded(bench, subject, LARGE_BYTES), [200, 413]),
    ),
  },
  {
    id: 'CONTRACT-CONNECTION-1',
    title: 'After a refusal the connection can be used again, or is closed',
    level: 'must',
    section: 'bodies',
    needs: CALLED,
    check: withSubject(checkConnection),
  },
];

async function checkConnection(bench: Bench, subject: Subject): Promise<Verdict> {
  const { tool } = subject;
  const session = bench.wire.session();
  const { send } = session;
  try {
    const refused = [
      () => callTool(bench, { tool, body: '{"a":', send }),
      () => callTool(bench, { tool: 'conformance.no_such_tool', params: subject.params, send }),
      () => callTool(bench, { tool, params: subject.params, authorization: 'Bearer wrong', send }),
    ];
    for (const refuse of refused) {
      const refusal = await refuse();
      const next = expectSuccess(await callToEnd(bench, { ...subject, send }));
      if (next.status === 'failed') return failed(`after ${shownAnswer(refusal)}: ${next.reason}`);
    }
    return passed;
  } finally {
    await session.close();
  }
}

/** The padding stands in the context, where it can do no harm. */
function callPadded(bench: Bench, subject: Subject, bytes: number): Promise<WireAnswer> {
  const context = contextOf(bench);
  const length = Buffer.byteLength(JSON.stringify({ ...subject.params, context: { ...context, padding: '' } }));
  return callToEnd(bench, { ...subject, context: { ...context, padding: 'x'.repeat(Math.max(0, bytes - length)) } });
}

function hasRequired({ discovery }: Bench, { tool }: Subject): boolean {
  if (discovery.kind !== 'found') return false;
  const schema = discovery.tools.find(({ name }) => name === tool)?.inputSchema;
  const required = isObject(schema) ? schema.required : undefined;
  return Array.isArray(required) && required.length > 0;
}
