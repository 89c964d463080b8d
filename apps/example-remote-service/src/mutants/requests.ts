import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { SeenAnswer, SeenRequest } from '../mutant.ts';
import { changing, codeOf, isCall, isObject, type Mutant, objectOf, refused } from './edit.ts';

const CONTEXT_KEYS = ['tenant_id', 'workspace_id', 'execution_id'];
/** As long as calls that come at the same time need to meet. */
const MEETING_MS = 20;

export const REQUEST_MUTANTS: readonly Mutant[] = [
  refusing('strange_context_refused', 'CONTRACT-CONTEXT-1', 422, ({ body }) => {
    const context = isObject(body) && isObject(body.context) ? body.context : {};
    return Object.keys(context).some((key) => !CONTEXT_KEYS.includes(key));
  }),
  refusing('context_required', 'CONTRACT-CONTEXT-2', 422, ({ body }) => isObject(body) && body.context === undefined),
  refusing('strange_header_refused', 'CONTRACT-HEADER-1', 400, ({ headers }) => 'x-conformance-unknown' in headers),
  refusing('charset_refused', 'CONTRACT-HEADER-2', 415, ({ headers }) =>
    String(headers['content-type']).includes('charset'),
  ),
  refusing('header_required', 'CONTRACT-HEADER-3', 400, ({ headers }) => !('x-capstan-contract' in headers)),
  refusing('headers_by_case', 'CONTRACT-HEADER-4', 400, ({ headerNames }) => headerNames.includes('content-type')),
  refusing(
    'stream_or_nothing',
    'CONTRACT-HEADER-5',
    406,
    ({ headers, path }) => String(headers.accept).includes('text/event-stream') && !path.endsWith('broadcast'),
  ),
  {
    name: 'one_at_a_time',
    breaks: 'CONTRACT-LOAD-1',
    hooks: () => {
      let underWay = 0;
      const disturbed = new WeakSet<object>();
      // Streams have no answer that could be waited for.
      const isCounted = (request: SeenRequest): boolean => isCall(request) && !request.path.endsWith('broadcast');
      return {
        onRequest: async (request) => {
          if (!isCounted(request)) return;
          underWay += 1;
          if (underWay > 1) disturbed.add(request.headers);
          await wait(MEETING_MS);
        },
        onAnswer: (answer, request) => {
          if (isCounted(request)) underWay -= 1;
          return disturbed.has(request.headers) ? refused(answer, 500) : answer;
        },
      };
    },
  },
  changing('malformed_is_500', 'CONTRACT-BODY-1', (answer) => ifCode(answer, 'MALFORMED_JSON')),
  changing('no_object_is_500', 'CONTRACT-BODY-2', (answer, request) =>
    isCall(request) ? ifCode(answer, 'INVALID_BODY') : answer,
  ),
  changing('wrong_types_are_500', 'CONTRACT-BODY-3', (answer, request) =>
    isCall(request) && problemsOf(answer).includes('type') ? refused(answer, 500) : answer,
  ),
  changing('missing_is_500', 'CONTRACT-BODY-4', (answer, request) => {
    const problems = problemsOf(answer);
    const isMissing = problems.length > 0 && problems.every((keyword) => keyword === 'required');
    return isCall(request) && isMissing ? refused(answer, 500) : answer;
  }),
  refusing(
    'body_of_64_kib_refused',
    'CONTRACT-BODY-5',
    413,
    ({ headers }) => Number(headers['content-length']) > 30_000,
  ),
  changing('too_large_is_500', 'CONTRACT-BODY-6', (answer) => ifCode(answer, 'BODY_TOO_LARGE')),
  {
    name: 'connection_left_unusable',
    breaks: 'CONTRACT-CONNECTION-1',
    hooks: () => {
      const unusable = new WeakSet<Socket>();
      return {
        onRequest: ({ socket }) => {
          if (unusable.has(socket)) socket.destroy();
        },
        onAnswer: (answer, { socket }) => {
          if (codeOf(answer) !== 'MALFORMED_JSON') return answer;
          unusable.add(socket);
          return { ...answer, without: ['connection'] };
        },
      };
    },
  },
];

/** Refuses calls that would have succeeded. */
function refusing(name: string, breaks: string, status: number, isStrange: (request: SeenRequest) => boolean): Mutant {
  return changing(name, breaks, (answer, request) =>
    isCall(request) && answer.status < 300 && isStrange(request) ? refused(answer, status) : answer,
  );
}

function ifCode(answer: SeenAnswer, code: string): SeenAnswer {
  return codeOf(answer) === code ? { ...answer, status: 500 } : answer;
}

/** The keywords of the problems with the params. */
function problemsOf({ body }: SeenAnswer): readonly unknown[] {
  const { error } = objectOf(body);
  const details = isObject(error) && isObject(error.details) ? error.details : {};
  return Array.isArray(details.problems)
    ? details.problems.map((problem) => (isObject(problem) ? problem.keyword : ''))
    : [];
}
