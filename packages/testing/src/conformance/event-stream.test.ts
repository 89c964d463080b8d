import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents } from './event-stream.ts';

describe('an event stream', () => {
  it('is read as the standard says', () => {
    const text = [
      '\ufeff: a comment\n\n',
      'event: progress\ndata: {"progress":1}\n\n',
      'data:first\r\ndata: second\r\nid: 7\r\n\r\n',
      'event: nothing\n\n',
      'event\ndata\n\n',
      'event: result\ndata: {"success":true}\n',
    ].join('');
    expect(readEvents(text)).toEqual([
      { event: 'progress', data: '{"progress":1}', json: { progress: 1 } },
      { event: 'message', data: 'first\nsecond', json: undefined },
      { event: '', data: '', json: undefined },
    ]);
  });

  it('gives back what was written', () => {
    const events = fc.array(
      fc.record({ event: fc.constantFrom('progress', 'result', 'error'), json: fc.jsonValue({ maxDepth: 2 }) }),
    );
    fc.assert(
      fc.property(events, fc.constantFrom('\n', '\r\n', '\r'), (written, end) => {
        const text = written.map(({ event, json }) => `event: ${event}${end}data: ${JSON.stringify(json)}${end}${end}`);
        const read = readEvents(text.join(''));
        expect(read.map(({ event, json }) => ({ event, json }))).toEqual(
          written.map(({ event, json }) => ({ event, json: JSON.parse(JSON.stringify(json)) })),
        );
      }),
    );
  });
});
