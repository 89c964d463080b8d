import { shownAnswer } from '../answer-shape.ts';
import { type Bench, callTool } from '../bench.ts';
import { readEvents, type StreamEvent } from '../event-stream.ts';
import { isErrorEnvelope, isObject, isSuccessEnvelope } from '../json-shape.ts';
import { failed, notOffered, passed, type Requirement, type Verdict } from '../requirement.ts';
import { type Subject, wrongTypes } from '../survey.ts';
import type { WireAnswer } from '../wire.ts';
import { ALLOWED } from './access.ts';
import { withOffering } from './subject-check.ts';

const STREAMED = [...ALLOWED, 'CONTRACT-STREAM-1'];
const ENDED = [...STREAMED, 'CONTRACT-STREAM-2', 'CONTRACT-STREAM-3'];
const ENDS: readonly string[] = ['result', 'error'];

function withStreams(check: (bench: Bench, subject: Subject) => Promise<Verdict>): Requirement['check'] {
  return withOffering({ flag: 'stream', offers: ({ isStream }) => isStream }, check);
}

function withEvents(check: (events: readonly StreamEvent[], answer: WireAnswer) => Verdict): Requirement['check'] {
  return withStreams(async (bench, subject) => {
    const answer = await callStream(bench, subject);
    return check(readEvents(answer.text), answer);
  });
}

function callStream(bench: Bench, subject: Subject): Promise<WireAnswer> {
  return callTool(bench, { ...subject, headers: { Accept: 'text/event-stream, application/json' } });
}

function isEventStream({ status, headers }: WireAnswer): boolean {
  return status === 200 && /^text\/event-stream\s*(?:;|$)/i.test(headers['content-type'] ?? '');
}

export const STREAM_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-STREAM-1',
    title: 'A tool that streams answers 200 with text/event-stream to those who can read it',
    level: 'optional',
    section: 'streaming',
    needs: ALLOWED,
    check: withEvents((_events, answer) =>
      isEventStream(answer)
        ? passed
        : failed(`${shownAnswer(answer)} as "${answer.headers['content-type']}"; expected text/event-stream`),
    ),
  },
  {
    id: 'CONTRACT-STREAM-2',
    title: 'A stream ends with exactly one result or error',
    level: 'optional',
    section: 'streaming',
    needs: STREAMED,
    check: withEvents((events) => {
      const ends = events.filter(({ event }) => ENDS.includes(event));
      const last = events.findLast(({ event }) => event === 'progress' || ENDS.includes(event));
      if (ends.length === 1 && last === ends[0]) return passed;
      return failed(
        `the events were ${events.map(({ event }) => event).join(', ') || 'none'}; expected one result or error, at the end`,
      );
    }),
  },
  {
    id: 'CONTRACT-STREAM-3',
    title: 'The data of every event is a JSON object',
    level: 'optional',
    section: 'streaming',
    needs: STREAMED,
    check: withEvents((events) => {
      const odd = events
        .filter(({ event }) => event === 'progress' || ENDS.includes(event))
        .find(({ json }) => !isObject(json));
      return odd === undefined ? passed : failed(`the data of "${odd.event}" is ${odd.data.slice(0, 160)}`);
    }),
  },
  {
    id: 'CONTRACT-STREAM-4',
    title: 'The last event has the envelope of the call',
    level: 'optional',
    section: 'streaming',
    needs: ENDED,
    check: withEvents((events) => {
      const end = events.find(({ event }) => ENDS.includes(event));
      const fits =
        end?.event === 'result' ? isSuccessEnvelope(end.json) && isObject(end.json.result) : isErrorEnvelope(end?.json);
      return fits ? passed : failed(`the data of "${end?.event}" is ${end?.data.slice(0, 160)}; expected an envelope`);
    }),
  },
  {
    id: 'CONTRACT-STREAM-5',
    title: 'The progress grows',
    level: 'optional',
    section: 'streaming',
    needs: ENDED,
    check: withEvents((events) => {
      const steps = events
        .filter(({ event }) => event === 'progress')
        .map(({ json }) => (isObject(json) ? json.progress : undefined));
      const odd = steps.findIndex(
        (step, index) => !(typeof step === 'number' && (index === 0 || step > Number(steps[index - 1]))),
      );
      return odd === -1 ? passed : failed(`the progress was ${JSON.stringify(steps)}`);
    }),
  },
  {
    id: 'CONTRACT-STREAM-6',
    title: 'A call that is refused says so, in the stream or with its status',
    level: 'optional',
    section: 'streaming',
    needs: [...ENDED, 'CONTRACT-BODY-3'],
    check: withStreams(async (bench, subject) => {
      const wrong = wrongTypes(subject);
      if (wrong === undefined) return notOffered('the example has no parameters');
      const answer = await callStream(bench, { tool: subject.tool, params: wrong });
      if (answer.status >= 400 && answer.status < 500) return passed;
      const last = isEventStream(answer) ? readEvents(answer.text).at(-1) : undefined;
      return last?.event === 'error' && isErrorEnvelope(last.json)
        ? passed
        : failed(`${shownAnswer(answer)} for parameters of the wrong type; expected 400, 422 or an "error" event`);
    }),
  },
];
