import { expectStatus, shownAnswer } from '../answer-shape.ts';
import { type Bench, callTool, look } from '../bench.ts';
import { followJob, hasEnded, isOwnOrigin, jobOf, statusUrlOf } from '../job-answers.ts';
import { isErrorEnvelope, isObject, isSameJson, isSuccessEnvelope } from '../json-shape.ts';
import { failed, firstFailure, notOffered, passed, type Requirement, type Verdict } from '../requirement.ts';
import type { Subject } from '../survey.ts';
import type { WireAnswer } from '../wire.ts';
import { ALLOWED } from './access.ts';
import { isIdempotent, NOT_IDEMPOTENT, REPEATED } from './repetition.ts';
import { withOffering } from './subject-check.ts';

const STARTED = [...ALLOWED, 'CONTRACT-JOB-1', 'CONTRACT-JOB-2'];
const ENDED = [...STARTED, 'CONTRACT-JOB-3'];

interface StartedJob {
  readonly answer: WireAnswer;
  readonly url: URL;
}

/** A check that begins with a new job. */
function withJob(check: (bench: Bench, job: StartedJob, subject: Subject) => Promise<Verdict>): Requirement['check'] {
  return withCall(async (bench, answer, subject) => {
    const job = jobOf(answer);
    const url = job === undefined ? undefined : statusUrlOf(bench, subject.tool, job);
    if (url === undefined) return failed(`${shownAnswer(answer)}; expected a "job" with a "status_url"`);
    return check(bench, { answer, url }, subject);
  });
}

/** A check that begins with a call that is answered by a job. */
function withCall(
  check: (bench: Bench, answer: WireAnswer, subject: Subject) => Promise<Verdict>,
): Requirement['check'] {
  return withOffering({ flag: 'job', offers: ({ isJob }) => isJob }, async (bench, subject) => {
    const answer = await callTool(bench, subject);
    return answer.status === 200 ? notOffered(`${subject.tool} answered at once`) : check(bench, answer, subject);
  });
}

export const JOB_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-JOB-1',
    title: 'A call that takes long is answered with 202 and a job with id and status_url',
    level: 'optional',
    section: 'jobs',
    needs: ALLOWED,
    check: withCall(async (bench, answer, { tool }) => {
      const job = jobOf(answer);
      const isJob = job !== undefined && isText(job.id) && statusUrlOf(bench, tool, job) !== undefined;
      const hasPause =
        job?.poll_after_ms === undefined || (typeof job.poll_after_ms === 'number' && job.poll_after_ms >= 0);
      if (answer.status === 202 && isJob && hasPause) return passed;
      return failed(`${shownAnswer(answer)}; expected 202 and { "job": { "id", "status_url", "poll_after_ms" } }`);
    }),
  },
  {
    id: 'CONTRACT-JOB-2',
    title: 'status_url has the origin of the service',
    level: 'optional',
    section: 'jobs',
    needs: [...ALLOWED, 'CONTRACT-JOB-1'],
    check: withJob(async (bench, { url }) =>
      isOwnOrigin(bench, url) ? passed : failed(`status_url leads to ${url.origin}: the token would go there`),
    ),
  },
  {
    id: 'CONTRACT-JOB-3',
    title: 'A job ends, with the envelope of its call',
    level: 'optional',
    section: 'jobs',
    needs: STARTED,
    check: withJob(async (bench, { url }) => {
      const end = await followJob(bench, url);
      if (end.status !== 200 || !hasEnded(end))
        return failed(`${shownAnswer(end)} after ${bench.jobWithinMs} ms; expected an end`);
      return expectEnd(end);
    }),
  },
  {
    id: 'CONTRACT-JOB-4',
    title: 'A job that has ended stays as it is',
    level: 'optional',
    section: 'jobs',
    needs: ENDED,
    check: withJob(async (bench, { url }) => {
      const end = await followJob(bench, url);
      const again = await look(bench, url.href);
      if (again.status === 200 && isSameJson(withoutTime(end), withoutTime(again))) return passed;
      return failed(`${shownAnswer(again)}, where the answer before was ${end.text.slice(0, 160)}`);
    }),
  },
  {
    id: 'CONTRACT-JOB-5',
    title: 'DELETE on status_url ends a job',
    level: 'optional',
    section: 'jobs',
    needs: ENDED,
    check: withJob(async (bench, { url }) => {
      const answer = await look(bench, url.href, { method: 'DELETE' });
      const asked = expectStatus(answer, [200, 202, 204]);
      if (asked.status === 'failed') return asked;
      const end = await followJob(bench, url);
      return hasEnded(end) ? passed : failed(`${shownAnswer(end)} after DELETE; expected an end`);
    }),
  },
  {
    id: 'CONTRACT-JOB-6',
    title: 'A job that nobody knows is answered with 404',
    level: 'optional',
    section: 'jobs',
    needs: STARTED,
    check: withJob(async (bench, { url }) => {
      const unknown = new URL(url);
      unknown.pathname += `-${bench.newName()}`;
      return expectStatus(await look(bench, unknown.href), [404]);
    }),
  },
  {
    id: 'CONTRACT-JOB-7',
    title: 'A job asks for the token',
    level: 'optional',
    section: 'jobs',
    needs: STARTED,
    check: withJob(async (bench, { url }) => {
      if (bench.token === undefined) return notOffered('no token was given: the service is taken to need none');
      return expectStatus(await look(bench, url.href, { authorization: null }), [401, 403]);
    }),
  },
  {
    id: 'CONTRACT-JOB-8',
    title: 'The same key gives the same job',
    level: 'optional',
    section: 'jobs',
    needs: [...STARTED, ...REPEATED],
    check: withJob(async (bench, _job, subject) => {
      if (!isIdempotent(bench)) return NOT_IDEMPOTENT;
      const idempotencyKey = bench.newName();
      const [first, again] = [
        await callTool(bench, { ...subject, idempotencyKey }),
        await callTool(bench, { ...subject, idempotencyKey }),
      ];
      const id = jobOf(first)?.id;
      return id !== undefined && id === jobOf(again)?.id
        ? passed
        : failed(`${shownAnswer(again)}, where the first call with this key made the job ${JSON.stringify(id)}`);
    }),
  },
];

function expectEnd(end: WireAnswer): Verdict {
  const isCompleted = jobOf(end)?.status === 'completed';
  const fits = isCompleted ? isSuccessEnvelope(end.json) && isObject(end.json.result) : isErrorEnvelope(end.json);
  const expected = isCompleted ? '"success": true and a "result"' : '"success": false and an "error"';
  return firstFailure([fits ? passed : failed(`${shownAnswer(end)}; expected ${expected}`)]);
}

function withoutTime({ json }: WireAnswer): WireAnswer['json'] {
  return isObject(json) ? { ...json, timestamp: '' } : json;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
