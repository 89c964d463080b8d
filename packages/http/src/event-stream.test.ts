import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventStreamReader } from './event-stream.ts';

const TEXT =
  ': hello\r\nevent: progress\r\ndata: {"progress":1,\r\ndata: "message":"über 🚀"}\r\n\r\nid: 7\revent:result\rdata:{}\r\r\nevent: nothing\n\ndata\n\n';
const EVENTS = [
  { name: 'progress', data: '{"progress":1,\n"message":"über 🚀"}' },
  { name: 'result', data: '{}' },
  { name: 'message', data: '' },
];

test('events are read as the standard says', () => {
  expect(new EventStreamReader().read(Buffer.from(TEXT))).toEqual(EVENTS);
});

test('it makes no difference where the bytes are split', () => {
  const bytes = Buffer.from(TEXT);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
      const reader = new EventStreamReader();
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const events = places.flatMap((place, index) => reader.read(bytes.subarray(places[index - 1] ?? 0, place)));
      expect(events).toEqual(EVENTS);
    }),
  );
});
