import { expectStatus, expectSuccess, shownAnswer } from '../answer-shape.ts';
import { callTool } from '../bench.ts';
import { callToEnd } from '../job-answers.ts';
import { isJsonType, isObject, isTimestamp } from '../json-shape.ts';
import { failed, firstFailure, passed, type Requirement, type Verdict } from '../requirement.ts';
import { ALLOWED } from './access.ts';
import { withSubject } from './subject-check.ts';

/** What everything needs that expects a call to succeed. */
export const CALLED: readonly string[] = [...ALLOWED, 'CONTRACT-CALL-1'];

/** Names that a careless lookup stumbles over. */
const ODD_NAMES = [
  'x.__proto__',
  '__proto__.constructor',
  'toString.call',
  '../../etc/passwd',
  'x.\u{1f600}',
  "x.';--",
  `x.${'y'.repeat(500)}`,
];

export const CALL_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-CALL-1',
    title: 'A good call is answered with 200 and "success": true',
    level: 'must',
    section: 'the-call',
    needs: ALLOWED,
    check: withSubject(async (bench, subject) => expectSuccess(await callToEnd(bench, subject))),
  },
  {
    id: 'CONTRACT-CALL-2',
    title: 'A success has a "result", an object',
    level: 'must',
    section: 'the-call',
    needs: CALLED,
    check: withSubject(async (bench, subject) => {
      const answer = await callToEnd(bench, subject);
      if (isObject(answer.json) && isObject(answer.json.result)) return passed;
      return failed(`${shownAnswer(answer)}; expected a "result" that is an object`);
    }),
  },
  {
    id: 'CONTRACT-CALL-3',
    title: 'A success has the content type application/json',
    level: 'must',
    section: 'the-call',
    needs: CALLED,
    check: withSubject(async (bench, subject) => {
      const answer = await callToEnd(bench, subject);
      const type = answer.headers['content-type'];
      return isJsonType(type) ? passed : failed(`${shownAnswer(answer)}; its content type is "${type ?? ''}"`);
    }),
  },
  {
    id: 'CONTRACT-TIME-1',
    title: 'A success has a timestamp with its time zone',
    level: 'must',
    section: 'timestamps',
    needs: CALLED,
    check: withSubject(async (bench, subject) => {
      const { json } = await callToEnd(bench, subject);
      const timestamp = isObject(json) ? json.timestamp : undefined;
      return isTimestamp(timestamp)
        ? passed
        : failed(
            `the timestamp is ${JSON.stringify(timestamp) ?? 'missing'}; expected one such as "2025-12-03T20:00:00Z"`,
          );
    }),
  },
  {
    id: 'CONTRACT-TOOL-1',
    title: 'A tool that does not exist is answered with 404',
    level: 'must',
    section: 'errors',
    needs: ALLOWED,
    check: async (bench) => expectStatus(await callTool(bench, { tool: 'conformance.no_such_tool' }), [404]),
  },
  {
    id: 'CONTRACT-TOOL-2',
    title: 'An odd name is a tool that does not exist, not a failure of the service',
    level: 'must',
    section: 'errors',
    needs: ALLOWED,
    check: async (bench) => {
      const verdicts: Verdict[] = [];
      for (const tool of ODD_NAMES) verdicts.push(expectStatus(await callTool(bench, { tool }), [400, 404, 414, 422]));
      return firstFailure(verdicts);
    },
  },
];
