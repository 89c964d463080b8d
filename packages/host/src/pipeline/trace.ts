import type { Clock, InvocationOutcome } from '@capstan/sdk';
import type { EventEmitter } from 'eventemitter3';
import type { HostEvents } from '../host.ts';
import type { CallObserver } from './call-observer.ts';
import type { Interceptor, Invocation } from './invocation.ts';

/** Counters of calls since the start. */
export interface InvocationCounts {
  started: number;
  succeeded: number;
  failed: number;
  denied: number;
  pending: number;
}

/** Counts calls and tells listeners. */
export function traceStage(options: {
  readonly clock: Clock;
  readonly events: EventEmitter<HostEvents>;
  readonly counts: InvocationCounts;
  readonly observer: CallObserver | undefined;
}): Interceptor {
  const { clock, events, counts, observer } = options;
  return {
    stage: 'trace',
    intercept(invocation, next) {
      counts.started += 1;
      if (events.listenerCount('invocation:started') > 0) events.emit('invocation:started', identity(invocation));
      const observation = observer?.begin(invocation);
      if (observation?.traceparent !== undefined) invocation.traceparent = observation.traceparent;
      return next(invocation).then((outcome) => {
        counts[outcome.status] += 1;
        observation?.end(outcome);
        if (events.listenerCount('invocation:finished') > 0) {
          events.emit('invocation:finished', finished(invocation, outcome, clock.now()));
        }
        return outcome;
      });
    },
  };
}

function identity(invocation: Invocation): HostEvents['invocation:started'][0] {
  return {
    executionId: invocation.executionId,
    workspace: invocation.workspaceId,
    tool: invocation.tool?.definition.id ?? invocation.request.tool,
    surface: invocation.surface,
  };
}

function finished(
  invocation: Invocation,
  outcome: InvocationOutcome,
  now: number,
): HostEvents['invocation:finished'][0] {
  return {
    ...identity(invocation),
    status: outcome.status,
    ...('error' in outcome ? { code: outcome.error.code } : {}),
    durationMs: now - invocation.startedAt,
  };
}
