import { setTimeout as wait } from 'node:timers/promises';
import type { SeenRequest } from '../mutant.ts';
import { hearing, isCall, isObject, type Mutant, refused } from './edit.ts';

const KEY = 'idempotency-key';
const MEETING_MS = 20;

export const REPETITION_MUTANTS: readonly Mutant[] = [
  hearing('keys_ignored', 'CONTRACT-IDEMPOTENCY-1', (request) => {
    if (isCall(request)) delete request.headers[KEY];
  }),
  {
    name: 'context_in_key',
    breaks: 'CONTRACT-IDEMPOTENCY-2',
    // The key is changed when the body is there: the service looks at it after that.
    hooks: () => ({
      onBody: (request) => {
        const { body, headers } = request;
        const context = isObject(body) && isObject(body.context) ? body.context : {};
        if (isCall(request) && KEY in headers) headers[KEY] = `${keyOf(request)}-${String(context.execution_id)}`;
        return body;
      },
    }),
  },
  {
    name: 'keys_race',
    breaks: 'CONTRACT-IDEMPOTENCY-3',
    hooks: () => {
      const underWay = new Map<string, number>();
      let raced = 0;
      return {
        onRequest: async (request) => {
          const key = keyOf(request);
          if (!isCall(request) || key === '') return;
          const others = underWay.get(key) ?? 0;
          underWay.set(key, others + 1);
          raced += 1;
          if (others > 0) request.headers[KEY] = `${key}-${raced}`;
          await wait(MEETING_MS);
          underWay.delete(key);
        },
      };
    },
  },
  {
    name: 'other_params_replayed',
    breaks: 'CONTRACT-IDEMPOTENCY-4',
    hooks: () => {
      const bodies = new Map<string, unknown>();
      const spent = new Set<string>();
      return {
        onBody: (request) => {
          const key = keyOf(request);
          if (!isCall(request) || key === '') return request.body;
          if (spent.has(key)) return bodies.get(key);
          bodies.set(key, request.body);
          return request.body;
        },
        onAnswer: (answer, request) => {
          if (isCall(request) && answer.status === 200) spent.add(keyOf(request));
          return answer;
        },
      };
    },
  },
  {
    name: 'refusal_spends_key',
    breaks: 'CONTRACT-IDEMPOTENCY-5',
    hooks: () => {
      const spent = new Set<string>();
      return {
        onAnswer: (answer, request) => {
          const key = keyOf(request);
          if (!isCall(request) || key === '') return answer;
          if (spent.has(key)) return refused(answer, 409);
          if (answer.status === 422) spent.add(key);
          return answer;
        },
      };
    },
  },
];

function keyOf({ headers }: SeenRequest): string {
  return String(headers[KEY] ?? '');
}
