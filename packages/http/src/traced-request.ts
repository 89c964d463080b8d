import { HttpFailure } from './http-failure.ts';
import { isFlat } from './outgoing-request.ts';
import type {
  HttpAnswer,
  HttpExchange,
  HttpStreamRequest,
  HttpStreamSink,
  OutgoingSpan,
  OutgoingTracing,
} from './types.ts';

const HEADER = 'traceparent';

/** A request whose `traceparent` is that of its own span. */
export interface TracedRequest<Request> {
  readonly request: Request;
  readonly span: OutgoingSpan;
}

/** Begins the span of a request that is part of a trace; undefined for one that is not. */
export function traced<Request extends HttpExchange | HttpStreamRequest>(
  tracing: OutgoingTracing | undefined,
  request: Request,
): TracedRequest<Request> | undefined {
  const traceparent = tracing === undefined ? undefined : traceparentIn(request.headers);
  if (tracing === undefined || traceparent === undefined) return undefined;
  const span = tracing.begin({ method: request.method, origin: request.target.origin, traceparent });
  return { request: { ...request, headers: withTraceparent(request.headers, span.traceparent) }, span };
}

/** Ends the span with the answer, however it comes out. */
export async function endingSpan(span: OutgoingSpan, answering: Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    const answer = await answering;
    span.end({ status: answer.status });
    return answer;
  } catch (error) {
    span.end({ error: error instanceof HttpFailure ? error.kind : 'unknown' });
    throw error;
  }
}

/** A sink that ends the span with the head of the answer, or with the failure in its place. */
export function spanEndingSink(span: OutgoingSpan, sink: HttpStreamSink): HttpStreamSink {
  let isEnded = false;
  const end = (result: Parameters<OutgoingSpan['end']>[0]): void => {
    if (isEnded) return;
    isEnded = true;
    span.end(result);
  };
  return {
    onHead: (status, headers) => {
      end({ status });
      sink.onHead(status, headers);
    },
    onData: (chunk) => sink.onData(chunk),
    onEnd: () => sink.onEnd(),
    onFailure: (failure) => {
      end({ error: failure.kind });
      sink.onFailure(failure);
    },
  };
}

function traceparentIn(headers: HttpExchange['headers']): string | undefined {
  if (!isFlat(headers)) return headers[HEADER];
  const at = headers.findIndex((text, index) => index % 2 === 0 && text === HEADER);
  return at === -1 ? undefined : headers[at + 1];
}

function withTraceparent(headers: HttpExchange['headers'], traceparent: string): HttpExchange['headers'] {
  if (!isFlat(headers)) return { ...headers, [HEADER]: traceparent };
  const at = headers.findIndex((text, index) => index % 2 === 0 && text === HEADER);
  return headers.with(at + 1, traceparent);
}
