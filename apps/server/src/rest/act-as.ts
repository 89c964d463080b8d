import type { Actor } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import type { RouteParameter, RouteRequest } from './route.ts';

/** Refuses a change of a state that somebody else changed since. */
export const IF_MATCH: Readonly<Record<string, RouteParameter>> = {
  'if-match': {
    description: 'A `revision` that was read before: when it is another one by now, nothing is changed (409).',
    schema: { type: 'string', maxLength: 32 },
  },
};

/** Who changes something by a request. @throws CapstanError CAPSTAN_INVALID_REQUEST for an If-Match that is no revision */
export function actorOf({ caller, header }: Pick<RouteRequest, 'caller' | 'header'>): Actor {
  const actor = { principal: caller.principal, surface: 'rest' } as const;
  const match = header('if-match');
  if (match === undefined) return actor;
  const revision = /^"?(\d{1,15})"?$/.exec(match)?.[1];
  if (revision !== undefined) return { ...actor, expectedRevision: Number(revision) };
  throw new CapstanError('CAPSTAN_INVALID_REQUEST', 'If-Match is no revision', {
    hint: 'Send the "revision" of an answer, such as If-Match: "17".',
  });
}
