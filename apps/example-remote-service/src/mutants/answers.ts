import { setTimeout as wait } from 'node:timers/promises';
import type { SeenAnswer, SeenRequest } from '../mutant.ts';
import { changing, codeOf, isCall, type Mutant, refused, withBody, withError } from './edit.ts';

/** Longer than a test allows. */
const SLOW_MS = 1500;

export const ANSWER_MUTANTS: readonly Mutant[] = [
  ofSuccess('call_fails', 'CONTRACT-CALL-1', (answer) => refused(answer, 500)),
  ofSuccess('result_is_text', 'CONTRACT-CALL-2', (answer) => withBody(answer, (body) => ({ ...body, result: 'done' }))),
  ofSuccess('success_as_text', 'CONTRACT-CALL-3', (answer) => ({ ...answer, contentType: 'text/plain' })),
  ofSuccess('time_without_zone', 'CONTRACT-TIME-1', (answer) =>
    withBody(answer, (body) => ({ ...body, timestamp: '2025-12-03T20:00:00' })),
  ),
  ofUnknown('error_without_time', 'CONTRACT-TIME-2', (answer) =>
    withBody(answer, ({ timestamp: _timestamp, ...body }) => body),
  ),
  ofUnknown('error_of_its_own_shape', 'CONTRACT-ERROR-1', (answer) =>
    withBody(answer, () => ({ detail: 'Not Found' })),
  ),
  ofUnknown('error_code_is_number', 'CONTRACT-ERROR-2', (answer) =>
    withError(answer, (error) => ({ ...error, code: 404 })),
  ),
  ofUnknown('error_as_html', 'CONTRACT-ERROR-3', (answer) => ({ ...answer, contentType: 'text/html' })),
  ofUnknown('details_are_text', 'CONTRACT-ERROR-4', (answer) =>
    withError(answer, (error) => ({ ...error, details: 'none' })),
  ),
  ofUnknown('retriable_is_text', 'CONTRACT-ERROR-5', (answer) =>
    withError(answer, (error) => ({ ...error, retriable: 'false' })),
  ),
  changing('token_in_error', 'CONTRACT-ERROR-6', (answer, request, { token }) =>
    isUnknown(answer, request) ? withError(answer, (error) => ({ ...error, message: `token ${token}` })) : answer,
  ),
  ofUnknown('stack_in_error', 'CONTRACT-ERROR-7', (answer) =>
    withError(answer, (error) => ({ ...error, message: 'not found\n    at find (/srv/tools.js:7:11)' })),
  ),
  changing('unknown_path_as_html', 'CONTRACT-ERROR-8', (answer, { path }) =>
    path.startsWith('/v1/conformance/') ? { ...answer, contentType: 'text/html', body: '<h1>Not Found</h1>' } : answer,
  ),
  {
    name: 'slow',
    breaks: 'CONTRACT-SPEED-1',
    hooks: () => {
      let wasSlow = false;
      return {
        onAnswer: async (answer, request) => {
          if (wasSlow || !isUnknown(answer, request)) return answer;
          wasSlow = true;
          await wait(SLOW_MS);
          return answer;
        },
      };
    },
  },
];

/** Changes what a call that succeeded answers. */
function ofSuccess(name: string, breaks: string, change: (answer: SeenAnswer) => SeenAnswer): Mutant {
  return changing(name, breaks, (answer, request) =>
    isCall(request) && answer.status === 200 ? change(answer) : answer,
  );
}

/** Changes what a call of an unknown tool answers. */
function ofUnknown(name: string, breaks: string, change: (answer: SeenAnswer) => SeenAnswer): Mutant {
  return changing(name, breaks, (answer, request) => (isUnknown(answer, request) ? change(answer) : answer));
}

function isUnknown(answer: SeenAnswer, request: SeenRequest): boolean {
  return isCall(request) && answer.status === 404 && codeOf(answer) === 'UNKNOWN_TOOL';
}
