import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { CallObserver } from '../observed-call.ts';
import type { OutgoingTracing, RequestTracing } from '../observed-request.ts';
import { CallTracer } from '../trace/call-tracer.ts';
import { OutgoingTracer } from '../trace/outgoing-tracer.ts';
import { RequestTracer } from '../trace/request-tracer.ts';
import type { OtlpSend, TelemetryResource } from './otlp-sender.ts';

/** What {@link openTracing} takes. */
export interface TracingOptions {
  readonly resource: TelemetryResource;
  readonly send: OtlpSend;
  /** Of new traces, from 0 to 1; a trace that came in goes on as its caller decided. */
  readonly sampleRatio: number;
  /** How long spans wait for each other before they are sent, in ms. Default 5,000. */
  readonly delayMs?: number;
  readonly onError: (error: unknown) => void;
}

/** Spans that are made and sent. */
export interface Tracing {
  readonly requests: RequestTracing;
  readonly outgoing: OutgoingTracing;
  /** An observer that traces, beside another one. */
  tracing(other: CallObserver): CallObserver;
  /** Sends what is left; after it nothing is traced. */
  close(): Promise<void>;
}

/** Opens tracing. Spans are sent in the background and in batches; when nobody takes them they are dropped, not kept. */
export function openTracing({ resource, send, sampleRatio, delayMs = 5_000, onError }: TracingOptions): Tracing {
  const exporter = new OtlpSpans(send, onError);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': resource.serviceName,
      'service.version': resource.serviceVersion,
      'service.instance.id': resource.instanceId,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: delayMs })],
  });
  const tracer = provider.getTracer('capstan', resource.serviceVersion);
  return {
    requests: new RequestTracer(tracer),
    outgoing: new OutgoingTracer(tracer),
    tracing: (other) => new CallTracer(tracer, other),
    // What could not be sent at the end was told already.
    close: () => provider.shutdown().catch(onError),
  };
}

class OtlpSpans implements SpanExporter {
  readonly #send: OtlpSend;
  readonly #onError: (error: unknown) => void;

  constructor(send: OtlpSend, onError: (error: unknown) => void) {
    this.#send = send;
    this.#onError = onError;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const body = JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
    this.#send('traces', body).then(
      () => done({ code: ExportResultCode.SUCCESS }),
      (error: unknown) => {
        this.#onError(error);
        done({ code: ExportResultCode.FAILED });
      },
    );
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
