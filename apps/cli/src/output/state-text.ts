import type { StateJson } from '../backend/views.ts';
import { oneLine } from './display-text.ts';
import { hintText, missingLines, retryLines, serviceLines } from './error-text.ts';
import type { Paint } from './paint.ts';

/** A state at a glance: one sign, and what it means in colour. */
export interface StateSign {
  readonly sign: string;
  paint(text: string): string;
}

/** The sign of a state: `✓` works, `!` wants something from a person, `✗` does not work, `·` is not in use. */
export function stateSign(state: StateJson, paint: Paint): StateSign {
  switch (state.kind) {
    case 'ready':
      return { sign: '✓', paint: paint.good };
    case 'needs_config':
    case 'degraded':
    case 'changed':
      return { sign: '!', paint: paint.warn };
    case 'rejected':
    case 'failed':
    case 'unsupported':
      return { sign: '✗', paint: paint.bad };
    default:
      return { sign: '·', paint: paint.quiet };
  }
}

/** A state in words, as a person says it. */
export function stateName(state: StateJson): string {
  return state.kind.replaceAll('_', ' ');
}

/** What is wrong and what to do about it, a line each; empty for a state that needs nothing. */
export function stateDetails(state: StateJson): readonly string[] {
  const missing = (state.missing ?? []).flatMap(({ key, description, secret, places }) => [
    `${key}${secret ? ' (secret)' : ''}${description === undefined ? '' : `: ${oneLine(description)}`}`,
    ...places.map((place) => `  ${oneLine(place)}`),
  ]);
  return [...missing, ...faultLines(state), ...(state.retry_at === undefined ? [] : [`next try ${state.retry_at}`])];
}

function faultLines({ error, reason }: StateJson): readonly string[] {
  if (reason !== undefined) return [oneLine(reason)];
  if (error === undefined) return [];
  // A rejected manifest brings many lines: the first names the file, `pack validate` shows the rest.
  const [first = ''] = error.message.split('\n');
  const { details } = error;
  return [
    `${error.code}: ${oneLine(first)}`,
    ...[...missingLines(details), ...serviceLines(details), ...retryLines(details)],
    `hint: ${hintText(error)}`,
  ];
}
