import { createHash, timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { describeTools } from './discovery.ts';
import { type Failure, fail, type WrittenAnswer, writeAnswer } from './envelope.ts';
import { sendEvents } from './event-stream.ts';
import { installMutant, type MutantHooks } from './mutant.ts';
import type { ToolCalls } from './tool-calls.ts';
import type { ToolReply } from './tool-request.ts';

/** What the HTTP side of the service needs. */
export interface AppOptions {
  readonly calls: ToolCalls;
  readonly token: string;
  readonly maxBodyBytes: number;
  readonly now: () => Date;
  /** Breaks one requirement of the contract. */
  readonly mutant?: MutantHooks;
}

const HEALTH_PATH = '/v1/health';

/** The service's routes. Whatever happens, the body is the contract's envelope. */
export function createApp({ calls, token, maxBodyBytes, now, mutant }: AppOptions): FastifyInstance {
  const refuse = (reply: FastifyReply, failure: Failure): FastifyReply => {
    const { status, body } = writeAnswer(fail(failure), now());
    return reply.code(status).type('application/json').send(body);
  };
  const app = fastify({
    bodyLimit: maxBodyBytes,
    // While it closes it finishes what arrives on open connections; Fastify's own 503 is no envelope.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1000 },
    frameworkErrors: (error, _request, reply) => {
      refuse(reply, failureOf(error));
    },
    clientErrorHandler: (error, socket) => {
      // A request that is no HTTP never becomes a Fastify request; it still gets an envelope.
      const { body } = writeAnswer(fail({ status: 400, code: 'MALFORMED_REQUEST', message: error.message }), now());
      const head = 'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n';
      if (socket.writable) socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
  });
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler<FastifyError>((error, _request, reply) => refuse(reply, failureOf(error)));
  app.setNotFoundHandler((request, reply) =>
    refuse(reply, { status: 404, code: 'NOT_FOUND', message: `there is no ${request.method} ${request.url}` }),
  );
  if (mutant !== undefined) installMutant(app, mutant);
  const isAllowed = bearerCheck(token);
  // Before the body is read: a stranger's megabytes are not worth parsing.
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === HEALTH_PATH || isAllowed(request.headers.authorization)) return;
    reply.header('www-authenticate', 'Bearer');
    return refuse(reply, { status: 401, code: 'UNAUTHORIZED', message: 'send the token as "Authorization: Bearer …"' });
  });
  closeKeptConnections(app);
  addRoutes(app, { calls, refuse, mutant });
  app.addHook('onClose', async () => calls.work.jobs.cancelAll());
  return app;
}

/** A connection that is kept open after its last answer would hold up the end until the grace is over. */
function closeKeptConnections(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
}

interface Routing {
  readonly calls: ToolCalls;
  readonly refuse: (reply: FastifyReply, failure: Failure) => FastifyReply;
  readonly mutant: MutantHooks | undefined;
}

function addRoutes(app: FastifyInstance, { calls, refuse, mutant }: Routing): void {
  app.get(HEALTH_PATH, () => ({ status: 'ok' }));
  app.get('/v1/state', () => calls.state());
  app.get('/v1/tools', () => ({ tools: describeTools(), contract: 1, idempotency: true }));
  app.post<{ Params: { tool: string } }>('/v1/tools/:tool', async (request, reply) => {
    const ended = await calls.call({
      tool: request.params.tool,
      body: request.body,
      idempotencyKey: idempotencyKeyOf(request),
      wantsStream: request.headers.accept?.includes('text/event-stream') === true,
    });
    return ended.kind === 'stream' ? sendEvents(reply, ended.events, mutant) : send(ended, reply);
  });
  const answerJob = (id: string, reply: FastifyReply, answer: WrittenAnswer | undefined): FastifyReply =>
    answer === undefined
      ? refuse(reply, { status: 404, code: 'UNKNOWN_JOB', message: `there is no job '${id}'` })
      : reply.code(answer.status).type('application/json').send(answer.body);
  app.get<{ Params: { id: string } }>('/v1/jobs/:id', ({ params: { id } }, reply) =>
    answerJob(id, reply, calls.work.jobs.look(id)),
  );
  app.delete<{ Params: { id: string } }>('/v1/jobs/:id', async ({ params: { id } }, reply) =>
    answerJob(id, reply, await calls.work.jobs.cancel(id)),
  );
}

function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  // Node joins repeated headers of unknown names with a comma; the type does not know.
  return Array.isArray(header) ? header.join(', ') : header;
}

type Whole = Exclude<ToolReply, { kind: 'stream' }>;

function send(ended: Whole, reply: FastifyReply): FastifyReply {
  if (ended.kind !== 'answer') return cut(ended, reply);
  if (ended.replayed) reply.header('idempotency-replayed', 'true');
  if (ended.retryAfterS !== undefined) reply.header('retry-after', String(ended.retryAfterS));
  return reply.code(ended.answer.status).type('application/json').send(ended.answer.body);
}

function cut(ended: Exclude<Whole, { kind: 'answer' }>, reply: FastifyReply): FastifyReply {
  reply.hijack();
  if (ended.kind === 'cut') {
    reply.raw.socket?.resetAndDestroy();
    return reply;
  }
  const { status, body } = ended.answer;
  const bytes = Buffer.from(body);
  reply.raw.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.byteLength });
  reply.raw.write(bytes.subarray(0, bytes.byteLength >> 1), () => reply.raw.destroy());
  return reply;
}

/** Digests are compared, not the tokens: they have one length, so that neither content nor length shows in the time. */
function bearerCheck(token: string): (header: string | undefined) => boolean {
  const expected = digest(token);
  return (header) => {
    const given = /^bearer +(.+)$/i.exec(header ?? '')?.[1];
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const CODES: ReadonlyMap<string, string> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'BODY_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'MALFORMED_JSON'],
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'MALFORMED_JSON'],
]);

function failureOf(error: FastifyError): Failure {
  const status = error.statusCode ?? 500;
  if (status >= 500) return { status: 500, code: 'INTERNAL', message: 'the service failed', retriable: false };
  return { status, code: CODES.get(error.code) ?? 'BAD_REQUEST', message: error.message };
}
