import type { SeenAnswer, SeenRequest } from '../mutant.ts';
import { allow, changing, hearing, isBatch, isObject, type Json, type Mutant, refused, withBody } from './edit.ts';

export const BATCH_MUTANTS: readonly Mutant[] = [
  changing('batch_as_list', 'CONTRACT-BATCH-1', (answer, request) =>
    isAnswered(answer, request) ? withBody(answer, (body) => ({ ...body, result: itemsOf(body) })) : answer,
  ),
  changing('batch_fails_with_item', 'CONTRACT-BATCH-2', (answer, request) => {
    if (!isAnswered(answer, request)) return answer;
    let hasFailed = false;
    withBody(answer, (body) => {
      hasFailed = itemsOf(body).some((item) => isObject(item) && item.success === false);
    });
    return hasFailed ? refused(answer, 422) : answer;
  }),
  changing('batch_backwards', 'CONTRACT-BATCH-3', (answer, request) =>
    isAnswered(answer, request)
      ? withBody(answer, (body) => ({ ...body, result: { items: itemsOf(body).toReversed() } }))
      : answer,
  ),
  changing('batch_of_nothing', 'CONTRACT-BATCH-4', (answer, request) => {
    const isList = isObject(request.body) && Array.isArray(request.body.items);
    if (!isBatch(request.path) || isList || answer.status !== 422) return answer;
    return {
      ...answer,
      status: 200,
      body: '{"success":true,"result":{"items":[]},"timestamp":"2025-12-03T20:00:00Z"}',
    };
  }),
  changing('batch_of_unknown_tool', 'CONTRACT-BATCH-5', (answer, { path }) =>
    isBatch(path) && answer.status === 404 ? { ...answer, status: 400 } : answer,
  ),
  hearing('batch_for_everybody', 'CONTRACT-BATCH-6', (request, service) => {
    if (isBatch(request.path)) allow(request, service);
  }),
  hearing('batch_keys_ignored', 'CONTRACT-BATCH-7', ({ path, headers }) => {
    if (isBatch(path)) delete headers['idempotency-key'];
  }),
];

function isAnswered({ status }: SeenAnswer, { path }: SeenRequest): boolean {
  return isBatch(path) && status === 200;
}

function itemsOf({ result }: Json): readonly unknown[] {
  return isObject(result) && Array.isArray(result.items) ? result.items : [];
}
