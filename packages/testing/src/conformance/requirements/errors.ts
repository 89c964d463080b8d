import type { JsonObject } from '@capstan/sdk';
import { shownAnswer } from '../answer-shape.ts';
import { type Bench, look } from '../bench.ts';
import { isErrorEnvelope, isJsonType, isObject, isTimestamp } from '../json-shape.ts';
import { failed, notChecked, passed, type Requirement, type Verdict } from '../requirement.ts';
import type { WireAnswer } from '../wire.ts';
import { ALLOWED } from './access.ts';

/** An answer with an error status that is an envelope: what is wrong with the others is said once, by CONTRACT-ERROR-1. */
interface ErrorAnswer {
  readonly answer: WireAnswer;
  readonly envelope: JsonObject;
  readonly error: JsonObject;
}

/** A requirement that holds for every error answer of the whole run. */
function aboutErrors(
  facts: Pick<Requirement, 'id' | 'title' | 'level' | 'section'>,
  flawOf: (error: ErrorAnswer, bench: Bench) => string | undefined,
): Requirement {
  return {
    ...facts,
    needs: ALLOWED,
    isAboutAllAnswers: true,
    check: async (bench) => {
      const errors = bench.wire.answers.filter(isError).flatMap(errorAnswer);
      if (errors.length === 0) return notChecked('no error has come with an envelope');
      for (const error of errors) {
        const flaw = flawOf(error, bench);
        if (flaw !== undefined) return failed(`${shownAnswer(error.answer)}; ${flaw}`);
      }
      return passed;
    },
  };
}

function isError({ status }: WireAnswer): boolean {
  return status >= 400;
}

function errorAnswer(answer: WireAnswer): readonly ErrorAnswer[] {
  const { json } = answer;
  return isErrorEnvelope(json) ? [{ answer, envelope: json, error: json.error }] : [];
}

export const ERROR_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-ERROR-1',
    title: 'Every answer with an error status has the error envelope',
    level: 'must',
    section: 'errors',
    needs: ALLOWED,
    isAboutAllAnswers: true,
    check: async (bench) => {
      const flawed = bench.wire.answers.filter(isError).find(({ json }) => !isErrorEnvelope(json));
      if (flawed === undefined) return passed;
      return failed(`${shownAnswer(flawed)}; expected { "success": false, "error": { … } }`);
    },
  },
  aboutErrors(
    { id: 'CONTRACT-ERROR-2', title: 'An error has a code and a message', level: 'must', section: 'errors' },
    ({ error: { code, message } }) =>
      isText(code) && isText(message) ? undefined : 'expected "code" and "message" that are texts and not empty',
  ),
  aboutErrors(
    {
      id: 'CONTRACT-ERROR-3',
      title: 'An error has the content type application/json',
      level: 'must',
      section: 'errors',
    },
    ({ answer: { headers } }) =>
      isJsonType(headers['content-type']) ? undefined : `its content type is "${headers['content-type'] ?? ''}"`,
  ),
  aboutErrors(
    {
      id: 'CONTRACT-ERROR-4',
      title: '"details" of an error, where present, is an object',
      level: 'must',
      section: 'errors',
    },
    ({ error: { details } }) => (details === undefined || isObject(details) ? undefined : '"details" is no object'),
  ),
  aboutErrors(
    {
      id: 'CONTRACT-ERROR-5',
      title: '"retriable" of an error, where present, is true or false',
      level: 'must',
      section: 'errors',
    },
    ({ error: { retriable } }) =>
      retriable === undefined || typeof retriable === 'boolean' ? undefined : '"retriable" is neither true nor false',
  ),
  aboutErrors(
    { id: 'CONTRACT-ERROR-6', title: 'No error repeats the token', level: 'must', section: 'errors' },
    ({ answer: { text, headers } }, { token }) => {
      const isTold =
        token !== undefined &&
        token.length >= MIN_TOKEN &&
        [text, ...Object.values(headers)].some((each) => each.includes(token));
      return isTold ? 'it repeats the token' : undefined;
    },
  ),
  aboutErrors(
    { id: 'CONTRACT-ERROR-7', title: 'No error shows a stack trace', level: 'should', section: 'errors' },
    ({ answer: { text } }) => (STACK_TRACE.test(text) ? 'it shows a stack trace' : undefined),
  ),
  {
    id: 'CONTRACT-ERROR-8',
    title: 'A path that does not exist is answered with 404 and an envelope too',
    level: 'should',
    section: 'errors',
    needs: ALLOWED,
    check: async (bench) => {
      const answer = await look(bench, '/v1/conformance/no-such-path', { mayBeAbsent: true });
      return answer.status === 404 && isErrorEnvelope(answer.json)
        ? passed
        : failed(`${shownAnswer(answer)}; expected 404 with { "success": false, "error": { … } }`);
    },
  },
  aboutErrors(
    {
      id: 'CONTRACT-TIME-2',
      title: 'An error has a timestamp with its time zone',
      level: 'must',
      section: 'timestamps',
    },
    ({ envelope: { timestamp } }) =>
      isTimestamp(timestamp) ? undefined : 'expected a timestamp such as "2025-12-03T20:00:00Z"',
  ),
  {
    id: 'CONTRACT-SPEED-1',
    title: 'Every answer comes in time',
    level: 'should',
    section: 'load',
    needs: ALLOWED,
    isAboutAllAnswers: true,
    check: async ({ wire, answerWithinMs }): Promise<Verdict> => {
      const slow = wire.answers.find(({ durationMs }) => durationMs > answerWithinMs);
      if (slow === undefined) return passed;
      return failed(`${slow.request} took ${Math.round(slow.durationMs)} ms; expected ${answerWithinMs} ms at most`);
    },
  },
];

/** A token of a few letters may stand in a text by chance. */
const MIN_TOKEN = 8;

/** Of JavaScript, Python, Java and .NET, Go. */
const STACK_TRACE =
  /\\n\s+at \S+.*:\d+|Traceback \(most recent call last\)|\\n\s*at [\w.$<>]+\([\w.]+:\d+\)|goroutine \d+ \[/;

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
