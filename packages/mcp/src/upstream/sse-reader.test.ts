import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SseEvent, SseReader } from './sse-reader.ts';

const STREAM = [
  ': a comment',
  '',
  'data: one',
  '',
  'event: endpoint',
  'id: 7',
  'data:two',
  'data: with ünicode 🙂',
  '',
  'retry: 250',
  'unknown: x',
  'data',
  'data: after an empty line',
  '',
  'data: never ended',
];
const EVENTS: readonly SseEvent[] = [
  { type: 'message', data: 'one' },
  { type: 'endpoint', data: 'two\nwith ünicode 🙂' },
  { type: 'message', data: '\nafter an empty line' },
];

test('events are the same however the bytes are cut, and whichever line ends are used', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { minLength: 1 }), fc.constantFrom('\n', '\r\n', '\r'), (sizes, lineEnd) => {
      const events: SseEvent[] = [];
      const reader = new SseReader((event) => events.push(event));
      const bytes = Buffer.from(STREAM.join(lineEnd));
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = 1 + (sizes[turn % sizes.length] ?? 0);
        reader.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(events).toEqual(EVENTS);
      expect([reader.lastEventId, reader.retryMs]).toEqual(['7', 250]);
    }),
  );
});

test('an event without end is refused', () => {
  const reader = new SseReader(() => undefined);
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  expect(() => {
    for (let count = 0; count < 20; count += 1) reader.push(chunk);
  }).toThrow(RangeError);
});
