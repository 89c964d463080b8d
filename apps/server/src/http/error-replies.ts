import { CapstanError, isCapstanError } from '@capstan/sdk';
import type { StructuredLog } from '@capstan/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorReply, type HttpReply } from '../rest/wire-outcome.ts';
import { nothingAt } from './request-gate.ts';

/** What {@link installErrorReplies} takes. */
export interface ErrorReplyOptions {
  readonly log: StructuredLog;
  /** How a client that is not known gets in: the value of `WWW-Authenticate`. */
  readonly challengeFor: (request: FastifyRequest) => string;
}

/** Every failure of a request in our own form: a code, a fact, a next action, and never a stack. */
export function installErrorReplies(app: FastifyInstance, { log, challengeFor }: ErrorReplyOptions): void {
  app.setNotFoundHandler((request, reply) => sendReply(reply, errorReply(nothingAt(request))));
  app.setErrorHandler((error, request, reply) => {
    const known = toCapstanError(error);
    if (known.code === 'CAPSTAN_INTERNAL') log.error({ err: error, request_id: request.id }, 'a request failed');
    if (known.code === 'CAPSTAN_UNAUTHENTICATED') reply.header('www-authenticate', challengeFor(request));
    return sendReply(reply, errorReply(withRequestId(known, request.id)));
  });
}

/** Sends an answer. */
export function sendReply(reply: FastifyReply, { status, headers, body, json }: HttpReply): FastifyReply {
  return reply
    .code(status)
    .headers({ ...headers })
    .type('application/json; charset=utf-8')
    .send(json ?? JSON.stringify(body));
}

/** A failure of the server library as one of ours. */
function toCapstanError(error: unknown): CapstanError {
  if (isCapstanError(error)) return error;
  const { code, statusCode } = factsOf(error);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new CapstanError('CAPSTAN_PAYLOAD_TOO_LARGE', 'the body is larger than 4 MiB');
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new CapstanError('CAPSTAN_INVALID_REQUEST', 'the body has a content type that is not known', {
      hint: 'Send "Content-Type: application/json".',
    });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new CapstanError('CAPSTAN_INVALID_REQUEST', 'the request cannot be read', { cause: error });
  }
  return new CapstanError('CAPSTAN_INTERNAL', 'the server failed', { cause: error });
}

/** What the operator looks for in the log. */
function withRequestId(error: CapstanError, requestId: string): CapstanError {
  if (error.code !== 'CAPSTAN_INTERNAL') return error;
  return new CapstanError(error.code, error.message, {
    hint: 'This is a defect of the server; its log has the cause under details.request_id.',
    details: { ...error.details, request_id: requestId },
  });
}

function factsOf(error: unknown): { readonly code: unknown; readonly statusCode: number | undefined } {
  if (typeof error !== 'object' || error === null) return { code: undefined, statusCode: undefined };
  const code = 'code' in error ? error.code : undefined;
  const statusCode = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  return { code, statusCode };
}
