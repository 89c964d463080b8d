import type { InvocationOutcome } from '@capstan/sdk';
import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { CallObservation, CallObserver, ObservedCall } from '../observed-call.ts';
import { parentContext, traceparentOf } from './trace-context.ts';

/**
 * A span for each call, beside whatever else observes it. Names and attributes are those of OpenTelemetry's conventions for
 * generative AI (`execute_tool`); arguments and results stand in none: they may hold anything.
 */
export class CallTracer implements CallObserver {
  readonly #tracer: Tracer;
  readonly #other: CallObserver;

  constructor(tracer: Tracer, other: CallObserver) {
    this.#tracer = tracer;
    this.#other = other;
  }

  begin(call: ObservedCall): CallObservation {
    const other = this.#other.begin(call);
    const span = this.#tracer.startSpan('execute_tool', { kind: SpanKind.INTERNAL }, parentContext(call.request));
    return {
      traceparent: traceparentOf(span.spanContext()),
      end: (outcome) => {
        other.end(outcome);
        endSpan(span, call, outcome);
      },
    };
  }
}

function endSpan(span: Span, call: ObservedCall, outcome: InvocationOutcome): void {
  if (span.isRecording()) {
    const tool = call.tool?.definition.id;
    if (tool !== undefined) span.updateName(`execute_tool ${tool}`);
    span.setAttributes(attributesOf(call, tool, outcome));
    if ('error' in outcome) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.error.code });
  }
  span.end();
}

function attributesOf(call: ObservedCall, tool: string | undefined, outcome: InvocationOutcome): Attributes {
  return {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.call.id': call.executionId,
    'gen_ai.tool.type': 'function',
    ...(tool === undefined ? {} : { 'gen_ai.tool.name': tool }),
    ...(call.surface === 'mcp' ? { 'mcp.method.name': 'tools/call' } : {}),
    ...('error' in outcome ? { 'error.type': outcome.error.code } : {}),
    'capstan.workspace': call.workspaceId,
    'capstan.surface': call.surface,
    'capstan.outcome': outcome.status,
    ...(call.connectionId === undefined ? {} : { 'capstan.connection': call.connectionId }),
    ...(call.attempts === 0 ? {} : { 'capstan.attempts': call.attempts }),
  };
}
