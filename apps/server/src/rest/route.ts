import type { Caller } from '@capstan/identity';
import type { CallOrigin, ErrorCode, JsonObject } from '@capstan/sdk';
import type { Access } from '../auth/access.ts';
import type { EventStream } from '../http/event-stream.ts';
import type { HttpReply } from './wire-outcome.ts';

/** A JSON Schema 2020-12 of a request or an answer. `#/components/schemas/…` may be referred to. */
export type RouteSchema = Readonly<Record<string, unknown>>;

/** A parameter in the query or a header. */
export interface RouteParameter {
  readonly description: string;
  readonly schema: RouteSchema & { readonly type: 'string' | 'integer' | 'boolean' };
}

/** What a body may be: the first variant whose required members are all there, else the first. */
export interface RouteBody {
  readonly variants: readonly RouteSchema[];
  readonly required: boolean;
  readonly example: JsonObject;
}

/** One checked request. */
export interface RouteRequest {
  readonly caller: Caller;
  readonly origin: CallOrigin;
  /** Checked; the caller's where the path names none. */
  readonly workspace: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Empty where there is none. */
  readonly body: JsonObject;
  readonly header: (name: string) => string | undefined;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Present when the client takes server-sent events; opening it makes it the answer. */
  readonly openEvents?: () => EventStream;
}

/** One operation of the REST surface: what is routed, what is checked, and what `/openapi.json` says, in one place. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters as `{name}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: 'tools' | 'packs' | 'operations' | 'administration';
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly query?: Readonly<Record<string, RouteParameter>>;
  readonly headers?: Readonly<Record<string, RouteParameter>>;
  readonly body?: RouteBody;
  readonly responses: Readonly<Record<number, RouteSchema>>;
  /** Answers with server-sent events when asked. */
  readonly streams?: boolean;
  /** Beside those that every route may give. */
  readonly errors: readonly ErrorCode[];
  /** Answers; `undefined` when it answered by events. */
  handle(request: RouteRequest): Promise<HttpReply | undefined> | HttpReply | undefined;
}

/** What any route may answer. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'CAPSTAN_INVALID_REQUEST',
  'CAPSTAN_UNAUTHENTICATED',
  'CAPSTAN_FORBIDDEN',
  'CAPSTAN_RATE_LIMITED',
  'CAPSTAN_DRAINING',
  'CAPSTAN_INTERNAL',
];
