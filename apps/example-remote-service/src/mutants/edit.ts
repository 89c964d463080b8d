import type { MutantHooks, SeenAnswer, SeenRequest } from '../mutant.ts';

/** The service that a mutant breaks. */
export interface MutatedService {
  readonly token: string;
}

/** A service that breaks exactly one requirement of the contract. */
export interface Mutant {
  readonly name: string;
  /** The requirement, by its id in docs/conformance.md. */
  readonly breaks: string;
  /** New hooks for one service: they may remember what they saw. */
  readonly hooks: (service: MutatedService) => MutantHooks;
}

/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** A call of one tool. */
export function isCall({ method, path }: SeenRequest): boolean {
  return method === 'POST' && path.startsWith('/v1/tools/') && !isBatch(path);
}

/** A call of one tool with many items; the colon may be escaped. */
export function isBatch(path: string): boolean {
  return /(?::|%3A)batch$/i.test(path);
}

/** The body of an answer as an object; empty where it is none. */
export function objectOf(body: string): Json {
  const value: unknown = JSON.parse(body);
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The code of an error's envelope; undefined where there is none. */
export function codeOf(answer: SeenAnswer): unknown {
  const { error } = objectOf(answer.body);
  return isObject(error) ? error.code : undefined;
}

/** The answer with another envelope. */
export function withBody(answer: SeenAnswer, change: (body: Json) => unknown): SeenAnswer {
  return { ...answer, body: JSON.stringify(change(objectOf(answer.body))) };
}

/** The answer with another `error` in its envelope. */
export function withError(answer: SeenAnswer, change: (error: Json) => Json): SeenAnswer {
  return withBody(answer, (body) => ({ ...body, error: change(isObject(body.error) ? body.error : {}) }));
}

/** An error's envelope in place of the answer. */
export function refused(answer: SeenAnswer, status: number): SeenAnswer {
  const error = { code: 'MUTANT', message: 'this service is broken on purpose', details: {} };
  const timestamp = '2025-12-03T20:00:00Z';
  return {
    ...answer,
    status,
    contentType: 'application/json',
    body: JSON.stringify({ success: false, error, timestamp }),
  };
}

/** A mutant that changes some answers. */
export function changing(
  name: string,
  breaks: string,
  change: (answer: SeenAnswer, request: SeenRequest, service: MutatedService) => SeenAnswer,
): Mutant {
  return { name, breaks, hooks: (service) => ({ onAnswer: (answer, request) => change(answer, request, service) }) };
}

/** A mutant that changes what comes in, before anything is looked at. */
export function hearing(
  name: string,
  breaks: string,
  change: (request: SeenRequest, service: MutatedService) => void,
): Mutant {
  return { name, breaks, hooks: (service) => ({ onRequest: (request) => change(request, service) }) };
}

/** Lets somebody in. */
export function allow(request: SeenRequest, { token }: MutatedService): void {
  request.headers.authorization = `Bearer ${token}`;
}
