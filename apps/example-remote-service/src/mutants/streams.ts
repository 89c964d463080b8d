import type { StreamEvent } from '../tool-request.ts';
import { codeOf, type Mutant, objectOf } from './edit.ts';

export const STREAM_MUTANTS: readonly Mutant[] = [
  {
    name: 'stream_as_text',
    breaks: 'CONTRACT-STREAM-1',
    hooks: () => ({ streamType: 'text/plain' }),
  },
  telling('result_twice', 'CONTRACT-STREAM-2', (event) => (event.event === 'result' ? [event, event] : [event])),
  telling('progress_is_no_json', 'CONTRACT-STREAM-3', (event) => [
    event.event === 'progress' ? { ...event, data: 'half-way' } : event,
  ]),
  telling('result_without_envelope', 'CONTRACT-STREAM-4', (event) => [
    event.event === 'result' ? { ...event, data: JSON.stringify(objectOf(event.data).result) } : event,
  ]),
  telling('progress_stands_still', 'CONTRACT-STREAM-5', (event) => [
    event.event === 'progress' ? { ...event, data: '{"progress":1}' } : event,
  ]),
  {
    name: 'refusal_as_empty_stream',
    breaks: 'CONTRACT-STREAM-6',
    hooks: () => ({
      onAnswer: (answer, { headers }) =>
        String(headers.accept).includes('text/event-stream') && codeOf(answer) === 'INVALID_PARAMS'
          ? { ...answer, status: 200, contentType: 'text/event-stream', body: '' }
          : answer,
    }),
  },
];

/** Changes the events of streams. */
function telling(name: string, breaks: string, change: (event: StreamEvent) => readonly StreamEvent[]): Mutant {
  async function* changed(events: AsyncIterable<StreamEvent>): AsyncGenerator<StreamEvent, undefined, undefined> {
    for await (const event of events) yield* change(event);
  }
  return { name, breaks, hooks: () => ({ onEvents: changed }) };
}
