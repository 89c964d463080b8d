import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { MutantHooks } from './mutant.ts';
import type { StreamEvent } from './tool-request.ts';

/** Answers with an event stream (WHATWG HTML, 9.2). When the reader goes away, the events are no longer asked for. */
export function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<StreamEvent>,
  mutant: MutantHooks | undefined,
): FastifyReply {
  const sent = mutant?.onEvents?.(events) ?? events;
  return reply
    .code(200)
    .type(mutant?.streamType ?? 'text/event-stream')
    .header('cache-control', 'no-store')
    .send(Readable.from(written(sent)));
}

/** The data is JSON on one line, so one `data:` line holds it. */
async function* written(events: AsyncIterable<StreamEvent>): AsyncGenerator<string, undefined, undefined> {
  for await (const { event, data } of events) yield `event: ${event}\ndata: ${data}\n\n`;
}
