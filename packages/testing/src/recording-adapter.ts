import {
  isCapstanError,
  type JsonValue,
  type RemoteBatchItem,
  type RemoteCall,
  type RemoteToolAdapter,
} from '@capstan/sdk';

/** An adapter that reaches nobody: it remembers the calls and answers what it was told to. */
export interface RecordingAdapter extends RemoteToolAdapter {
  /** The calls, in order. */
  readonly calls: readonly RemoteCall[];
}

/** What the adapter answers: a value, or a function of the call that returns one or throws. */
export type RecordedAnswer = JsonValue | ((call: RemoteCall) => JsonValue | Promise<JsonValue>);

/** A {@link RecordingAdapter}. Give a function to answer by call, or to throw a `CapstanError`. */
export function recordingAdapter(answer: RecordedAnswer = null): RecordingAdapter {
  const calls: RemoteCall[] = [];
  return {
    calls,
    async call(call) {
      calls.push(call);
      return typeof answer === 'function' ? answer(call) : answer;
    },
    callBatch({ items, ...call }) {
      return Promise.all(
        items.map(
          (params): Promise<RemoteBatchItem> =>
            this.call({ ...call, params }).then(
              (result) => ({ ok: true, result }),
              (error: unknown) => {
                if (isCapstanError(error)) return { ok: false, error };
                throw error;
              },
            ),
        ),
      );
    },
  };
}
