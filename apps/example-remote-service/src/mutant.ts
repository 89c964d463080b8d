import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { StreamEvent } from './tool-request.ts';

/** A request as a mutant sees it. Headers may be changed, names in lower case. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string | string[] | undefined>;
  /** As they were written. */
  readonly headerNames: readonly string[];
  readonly socket: Socket;
  /** The parsed body; undefined until there is one. */
  readonly body: unknown;
}

/** An answer as a mutant sees it, before it is sent. */
export interface SeenAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Headers to take away. */
  readonly without?: readonly string[];
}

/** What a mutant does to the exchanges of one service. */
export interface MutantHooks {
  /** When the headers are there, before anything is looked at. */
  readonly onRequest?: (request: SeenRequest) => void | Promise<void>;
  /** When the body was parsed; what it returns takes its place. */
  readonly onBody?: (request: SeenRequest) => unknown;
  /** Before an answer goes out; not for streams. */
  readonly onAnswer?: (answer: SeenAnswer, request: SeenRequest) => SeenAnswer | Promise<SeenAnswer>;
  /** In place of `text/event-stream`. */
  readonly streamType?: string;
  readonly onEvents?: (events: AsyncIterable<StreamEvent>) => AsyncIterable<StreamEvent>;
}

/** Puts a mutant between the service and its callers: the service itself stays as it is. */
export function installMutant(app: FastifyInstance, hooks: MutantHooks): void {
  app.addHook('onRequest', async (request) => {
    await hooks.onRequest?.(seen(request));
  });
  app.addHook('preHandler', async (request) => {
    if (hooks.onBody !== undefined && request.body !== undefined) request.body = hooks.onBody(seen(request));
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (hooks.onAnswer === undefined || typeof payload !== 'string') return payload;
    const contentType = String(reply.getHeader('content-type') ?? '');
    const answer = await hooks.onAnswer({ status: reply.statusCode, contentType, body: payload }, seen(request));
    reply.code(answer.status).header('content-type', answer.contentType).removeHeader('content-length');
    for (const name of answer.without ?? []) reply.removeHeader(name);
    return answer.body;
  });
}

function seen(request: FastifyRequest): SeenRequest {
  const { method, url, raw, body } = request;
  const headerNames = raw.rawHeaders.filter((_, index) => index % 2 === 0);
  return { method, path: url.replace(/\?.*$/s, ''), headers: raw.headers, headerNames, socket: raw.socket, body };
}
