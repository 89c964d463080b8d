import { expectSuccess, shownAnswer } from '../answer-shape.ts';
import { authorizationOf, callTool, contextOf } from '../bench.ts';
import { callToEnd } from '../job-answers.ts';
import { isJsonType } from '../json-shape.ts';
import { failed, firstFailure, notOffered, passed, type Requirement } from '../requirement.ts';
import { CALLED } from './calls.ts';
import { withSubject } from './subject-check.ts';

const AT_ONCE = 16;

export const HEADER_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-CONTEXT-1',
    title: 'Keys of the context that the service does not know are ignored',
    level: 'must',
    section: 'context',
    needs: CALLED,
    check: withSubject(async (bench, subject) => {
      const context = { ...contextOf(bench), locale: 'de', conformance: { nested: [1, null, 'x'] } };
      return expectSuccess(await callToEnd(bench, { ...subject, context }));
    }),
  },
  {
    id: 'CONTRACT-CONTEXT-2',
    title: 'A call may come without a context',
    level: 'must',
    section: 'context',
    needs: CALLED,
    check: withSubject(async (bench, subject) => expectSuccess(await callToEnd(bench, { ...subject, context: null }))),
  },
  {
    id: 'CONTRACT-HEADER-1',
    title: 'Headers that the service does not know are ignored',
    level: 'must',
    section: 'headers',
    needs: CALLED,
    check: withSubject(async (bench, subject) => {
      const headers = {
        'X-Conformance-Unknown': 'x'.repeat(1000),
        'Accept-Language': 'de',
        Cookie: 'a=b',
        tracestate: 'a=b',
      };
      return expectSuccess(await callToEnd(bench, { ...subject, headers }));
    }),
  },
  {
    id: 'CONTRACT-HEADER-2',
    title: 'Content-Type may have parameters',
    level: 'must',
    section: 'headers',
    needs: CALLED,
    check: withSubject(async (bench, subject) => {
      const headers = { 'Content-Type': 'application/json; charset=utf-8' };
      return expectSuccess(await callToEnd(bench, { ...subject, headers }));
    }),
  },
  {
    id: 'CONTRACT-HEADER-3',
    title: 'A call may come with no more headers than Authorization and Content-Type',
    level: 'must',
    section: 'headers',
    needs: CALLED,
    check: withSubject(async (bench, subject) => expectSuccess(await callToEnd(bench, { ...subject, isBare: true }))),
  },
  {
    id: 'CONTRACT-HEADER-4',
    title: 'The names of headers may come in any case',
    level: 'must',
    section: 'headers',
    needs: CALLED,
    check: withSubject(async (bench, { tool, params }) => {
      const authorization = authorizationOf(bench);
      const answer = await bench.wire.send({
        method: 'POST',
        path: `/v1/tools/${encodeURIComponent(tool)}`,
        headers: {
          ...(authorization === null ? {} : { authorization }),
          'content-type': 'application/json',
          'x-capstan-contract': '1',
        },
        body: JSON.stringify({ ...params, context: contextOf(bench) }),
      });
      return answer.status === 202 ? passed : expectSuccess(answer);
    }),
  },
  {
    id: 'CONTRACT-HEADER-5',
    title: 'A tool that does not stream answers with JSON to those who could read a stream',
    level: 'must',
    section: 'streaming',
    needs: [...CALLED, 'CONTRACT-CALL-3'],
    check: withSubject(async (bench, subject) => {
      const { discovery } = bench;
      const streams =
        discovery.kind === 'found' && discovery.tools.some(({ name, isStream }) => name === subject.tool && isStream);
      if (streams) return notOffered('the tool streams');
      const headers = { Accept: 'text/event-stream, application/json' };
      const answer = await callTool(bench, { ...subject, headers });
      return [200, 202].includes(answer.status) && isJsonType(answer.headers['content-type'])
        ? passed
        : failed(`${shownAnswer(answer)}; expected the answer in JSON`);
    }),
  },
  {
    id: 'CONTRACT-LOAD-1',
    title: 'Calls that come at the same time are all answered',
    level: 'must',
    section: 'load',
    needs: CALLED,
    check: withSubject(async (bench, subject) => {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => callTool(bench, subject)));
      return firstFailure(
        answers.map((answer) => ([202, 429, 503].includes(answer.status) ? passed : expectSuccess(answer))),
      );
    }),
  },
];
