import type { ErrorCode } from '@capstan/sdk';
import type { AnswerExpression } from '../answer-expression.ts';
import type { ProblemList } from './backend-problem.ts';
import type { ErrorRule, NextPage, Pagination, ResponsePlan } from './http-backend.ts';
import type { ErrorRuleSpec, HttpBackendSpec, PaginationSpec } from './http-backend-spec.ts';

const MIB = 1024 * 1024;
const DEFAULT_MAX_BYTES = 10 * MIB;
const DEFAULT_MAX_BINARY_BYTES = 5 * MIB;
const DEFAULT_MAX_PAGES = 10;
const DEFAULT_MAX_ITEMS = 1_000;

/** `response:` */
export function readResponse(spec: HttpBackendSpec['response'], problems: ProblemList): ResponsePlan {
  const as = spec?.as ?? 'auto';
  const pick = problems.expression(['response', 'pick'], spec?.pick);
  if (pick && as === 'binary')
    problems.add(['response', 'pick'], 'there is nothing to pick from bytes', 'Leave it out.');
  return { as, pick, maxBytes: spec?.max_bytes ?? (as === 'binary' ? DEFAULT_MAX_BINARY_BYTES : DEFAULT_MAX_BYTES) };
}

/** `pagination:` */
export function readPagination(spec: PaginationSpec | undefined, problems: ProblemList): Pagination | undefined {
  if (spec === undefined) return undefined;
  const next = readNext(spec, problems);
  const items = problems.expression(['pagination', 'items'], spec.items ?? 'body');
  if (!next || !items) return undefined;
  return { next, items, maxPages: spec.max_pages ?? DEFAULT_MAX_PAGES, maxItems: spec.max_items ?? DEFAULT_MAX_ITEMS };
}

function readNext(spec: PaginationSpec, problems: ProblemList): NextPage | undefined {
  switch (spec.type) {
    case 'link':
      return { kind: 'link' };
    case 'url': {
      const next = problems.expression(['pagination', 'next'], needed(spec, 'next', problems));
      return next && { kind: 'url', next };
    }
    case 'cursor': {
      const argument = needed(spec, 'argument', problems);
      const next = problems.expression(['pagination', 'next'], needed(spec, 'next', problems));
      return argument !== undefined && next ? { kind: 'cursor', argument, next } : undefined;
    }
    case 'page':
    case 'offset': {
      const argument = needed(spec, 'argument', problems);
      if (argument === undefined) return undefined;
      return { kind: spec.type, argument, start: spec.start ?? (spec.type === 'page' ? 1 : 0), size: spec.size };
    }
  }
}

function needed(spec: PaginationSpec, key: 'argument' | 'next', problems: ProblemList): string | undefined {
  const value = spec[key];
  if (value === undefined) {
    problems.add(['pagination'], `pagination by ${spec.type} needs "${key}"`, HINTS[key]);
  }
  return value;
}

const HINTS = {
  argument: 'Name the argument of the tool that asks for a page, such as argument: page.',
  next: 'Say where the answer has it, such as next: body.meta.next_cursor.',
};

const CODES: Readonly<Record<NonNullable<ErrorRuleSpec['code']>, ErrorCode>> = {
  auth: 'CAPSTAN_REMOTE_AUTH',
  invalid_response: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
  not_found: 'CAPSTAN_REMOTE_NOT_FOUND',
  rate_limited: 'CAPSTAN_REMOTE_RATE_LIMITED',
  refused: 'CAPSTAN_REMOTE_REFUSED',
  timeout: 'CAPSTAN_REMOTE_TIMEOUT',
  unavailable: 'CAPSTAN_REMOTE_UNAVAILABLE',
};

/** `errors:` */
export function readErrorRules(specs: HttpBackendSpec['errors'], problems: ProblemList): readonly ErrorRule[] {
  return (specs ?? []).map((spec, index) => {
    const expression = (key: 'when' | 'message' | 'result'): AnswerExpression | undefined =>
      problems.expression(['errors', index, key], spec[key]);
    const statuses = spec.status === undefined ? undefined : [spec.status].flat().map(String);
    return {
      statuses,
      when: expression('when'),
      code: spec.code === undefined ? undefined : CODES[spec.code],
      message: expression('message'),
      hint: spec.hint,
      retriable: spec.retriable,
      result: expression('result'),
    };
  });
}
