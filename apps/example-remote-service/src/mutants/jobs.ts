import type { SeenAnswer, SeenRequest } from '../mutant.ts';
import { allow, changing, hearing, isObject, type Json, type Mutant, refused, withBody } from './edit.ts';

export const JOB_MUTANTS: readonly Mutant[] = [
  changing('job_without_id', 'CONTRACT-JOB-1', (answer) =>
    answer.status === 202 ? withJob(answer, ({ id: _id, ...job }) => job) : answer,
  ),
  changing('job_elsewhere', 'CONTRACT-JOB-2', (answer) =>
    answer.status === 202 ? withJob(answer, (job) => ({ ...job, status_url: 'https://jobs.example.com/1' })) : answer,
  ),
  changing('job_without_result', 'CONTRACT-JOB-3', (answer, request) =>
    isEnd(answer, request) ? withBody(answer, ({ result: _result, ...body }) => body) : answer,
  ),
  {
    name: 'job_forgotten',
    breaks: 'CONTRACT-JOB-4',
    hooks: () => {
      const told = new Set<string>();
      return {
        onAnswer: (answer, request) => {
          if (!isEnd(answer, request)) return answer;
          if (told.has(request.path)) return refused(answer, 404);
          told.add(request.path);
          return answer;
        },
      };
    },
  },
  changing('job_not_cancelled', 'CONTRACT-JOB-5', (answer, { method }) =>
    method === 'DELETE' ? refused(answer, 405) : answer,
  ),
  changing('unknown_job_is_400', 'CONTRACT-JOB-6', (answer, request) =>
    isJob(request) && answer.status === 404 ? { ...answer, status: 400 } : answer,
  ),
  hearing('job_for_everybody', 'CONTRACT-JOB-7', (request, service) => {
    if (isJob(request)) allow(request, service);
  }),
  hearing('job_keys_ignored', 'CONTRACT-JOB-8', ({ path, headers }) => {
    if (path.endsWith('line.broadcast')) delete headers['idempotency-key'];
  }),
];

function isJob({ path }: SeenRequest): boolean {
  return path.startsWith('/v1/jobs/');
}

/** The first answer that says how a job has ended. */
function isEnd(answer: SeenAnswer, request: SeenRequest): boolean {
  return isJob(request) && request.method === 'GET' && answer.body.includes('"status":"completed"');
}

function withJob(answer: SeenAnswer, change: (job: Json) => Json): SeenAnswer {
  return withBody(answer, (body) => ({ ...body, job: change(isObject(body.job) ? body.job : {}) }));
}
