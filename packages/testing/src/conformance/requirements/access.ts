import { expectStatus, shownAnswer } from '../answer-shape.ts';
import { type Bench, callTool, look } from '../bench.ts';
import { failed, firstFailure, notOffered, passed, type Requirement, type Verdict } from '../requirement.ts';
import type { WireAnswer } from '../wire.ts';

const REACHED = ['CONTRACT-REACH-1'];

export const ACCESS_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'CONTRACT-REACH-1',
    title: 'The service answers at its URL',
    level: 'must',
    section: 'the-call',
    needs: [],
    check: async (bench) => {
      await look(bench, '/v1/tools', { mayBeAbsent: true });
      return passed;
    },
  },
  {
    id: 'CONTRACT-AUTH-1',
    title: 'The right token is accepted',
    level: 'must',
    section: 'authentication',
    needs: REACHED,
    check: async (bench) => {
      const answer = await callTool(bench, { tool: 'conformance.no_such_tool' });
      if (![401, 403].includes(answer.status)) return passed;
      return failed(
        `${shownAnswer(answer)}; ${bench.token === undefined ? 'no token was given' : 'the token is the one that was given'}`,
      );
    },
  },
  {
    id: 'CONTRACT-AUTH-2',
    title: 'A call without a token is refused with 401',
    level: 'must',
    section: 'authentication',
    needs: REACHED,
    check: withToken(async (bench) => expectStatus(await callAs(bench, null), [401])),
  },
  {
    id: 'CONTRACT-AUTH-3',
    title: 'A call with another token is refused with 401 or 403',
    level: 'must',
    section: 'authentication',
    needs: REACHED,
    check: withToken(async (bench, token) => {
      const others = ['wrong', `${token}x`, token.slice(0, -1), flipped(token)].filter((other) => other !== '');
      const verdicts: Verdict[] = [];
      for (const other of others) verdicts.push(expectStatus(await callAs(bench, `Bearer ${other}`), [401, 403]));
      return firstFailure(verdicts);
    }),
  },
  {
    id: 'CONTRACT-AUTH-4',
    title: 'The word "Bearer" may come in any case',
    level: 'should',
    section: 'authentication',
    needs: [...REACHED, 'CONTRACT-AUTH-1'],
    check: withToken(async (bench, token) => {
      const answer = await callTool(bench, { tool: 'conformance.no_such_tool', authorization: `bearer ${token}` });
      return [401, 403].includes(answer.status) ? failed(`${shownAnswer(answer)} for "bearer" in lower case`) : passed;
    }),
  },
  {
    id: 'CONTRACT-AUTH-5',
    title: 'A 401 has WWW-Authenticate',
    level: 'should',
    section: 'authentication',
    needs: [...REACHED, 'CONTRACT-AUTH-2'],
    check: withToken(async (bench) => {
      const answer = await callAs(bench, null);
      return answer.headers['www-authenticate'] ? passed : failed(`${shownAnswer(answer)}; it has no WWW-Authenticate`);
    }),
  },
];

/** A service without tokens has nothing to refuse. */
function withToken(check: (bench: Bench, token: string) => Promise<Verdict>): Requirement['check'] {
  return async (bench) =>
    bench.token === undefined
      ? notOffered('no token was given: the service is taken to need none')
      : check(bench, bench.token);
}

/** A real call, where there is one: a service may well look at the name of the tool before the token. */
function callAs(bench: Bench, authorization: string | null): Promise<WireAnswer> {
  const { tool, params } = bench.subject ?? { tool: 'conformance.no_such_tool', params: {} };
  return callTool(bench, { tool, params, authorization });
}

/** The same token with another last character. */
function flipped(token: string): string {
  return `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`;
}

/** What everything needs that is called with the right token. */
export const ALLOWED: readonly string[] = [...REACHED, 'CONTRACT-AUTH-1'];
