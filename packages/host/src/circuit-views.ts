import type { CircuitView } from '@capstan/http';
import type { JsonObject } from '@capstan/sdk';

/** Circuits as operators and programs see them; times are ISO 8601. */
export function circuitsOnTheWire(views: readonly CircuitView[]): readonly JsonObject[] {
  return views.map(circuitOnTheWire);
}

function circuitOnTheWire({ endpoint, pack, state, counters, retries, pending }: CircuitView): JsonObject {
  const { calls, failures, rejected, lastFailure } = counters;
  return {
    endpoint,
    ...(pack === '' ? {} : { pack }),
    ...stateOnTheWire(state),
    pending,
    counters: { calls, failures, rejected, retries: retries.granted, retries_refused: retries.refused },
    ...(lastFailure === undefined ? {} : { last_failure: { at: isoTime(lastFailure.at), reason: lastFailure.reason } }),
  };
}

function stateOnTheWire(state: CircuitView['state']): JsonObject {
  switch (state.kind) {
    case 'closed':
      return { state: 'closed', failures: state.failures };
    case 'open':
      return { state: 'open', since: isoTime(state.since), retry_at: isoTime(state.until), reason: state.reason };
    case 'half_open':
      return { state: 'half_open', successes: state.successes };
  }
}

/** By pack and endpoint, those that are left alone now, and until when. */
export function openCircuits(views: readonly CircuitView[]): ReadonlyMap<string, number | undefined> {
  return new Map(
    views.flatMap(({ endpoint, pack, state }) =>
      state.kind === 'open' ? [[`${pack} ${endpoint}`, state.until] as const] : [],
    ),
  );
}

const MAX_DATE_MS = 8.64e15;

function isoTime(ms: number): string {
  return new Date(Math.min(ms, MAX_DATE_MS)).toISOString();
}
