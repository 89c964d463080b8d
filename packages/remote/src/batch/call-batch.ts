import type { AttemptFacts, HttpAnswer } from '@capstan/http';
import { CapstanError, isCapstanError, type JsonValue, type RemoteBatchItem } from '@capstan/sdk';
import {
  type ContractRequest,
  type TracedBatchCall,
  type TracedRemoteCall,
  writeBatchRequest,
} from '../contract-request.ts';
import { isObject, readEnvelopeObject } from '../envelope.ts';
import { readOutcome } from '../read-answer.ts';

/** The outcome of one item. */
export type BatchItemOutcome = RemoteBatchItem;

/** How a batch is made. */
export interface BatchMeans {
  /** Whether the service says that this tool takes batches. */
  readonly isOffered: boolean;
  single(call: TracedRemoteCall): Promise<JsonValue>;
  whole(request: ContractRequest, call: TracedRemoteCall): Promise<JsonValue>;
}

/** Calls at once, where the service does not take batches. */
const AT_ONCE = 5;

/** Makes a batch; outcomes in the order of the items. @throws CapstanError where it could not be made as a whole. */
export async function callBatch(call: TracedBatchCall, means: BatchMeans): Promise<readonly RemoteBatchItem[]> {
  if (call.items.length === 0) return [];
  return means.isOffered ? asOne(call, means) : oneByOne(call, means);
}

async function asOne(call: TracedBatchCall, means: BatchMeans): Promise<readonly RemoteBatchItem[]> {
  const { items, ...rest } = call;
  const result = await means.whole(writeBatchRequest(call), { ...rest, params: {} });
  const outcomes = isObject(result) ? result.items : undefined;
  if (Array.isArray(outcomes) && outcomes.length === items.length) return outcomes.map(itemOutcome);
  const got = Array.isArray(outcomes) ? `${outcomes.length} outcomes` : 'no list of outcomes';
  throw outsideContract(`The remote service answered a batch of ${items.length} with ${got}.`);
}

const FACTS: AttemptFacts = { number: 1, timeoutMs: 0, endsAtDeadline: false };
/** The status of an item is that of its batch. */
const ANSWER: HttpAnswer = { status: 200, headers: {}, body: Buffer.alloc(0) };

function itemOutcome(item: JsonValue): RemoteBatchItem {
  if (!isObject(item)) return { ok: false, error: outsideContract('An item of the batch has no envelope.') };
  const outcome = readOutcome(readEnvelopeObject(item), ANSWER, FACTS, { now: () => 0 });
  if (!outcome.ok) return { ok: false, error: outcome.error };
  if (outcome.job === undefined) return { ok: true, result: outcome.result };
  return { ok: false, error: outsideContract('An item of the batch was answered with a job.') };
}

/** Each item is a call with a key of its own, so that a repeated batch does only what is missing. */
async function oneByOne(call: TracedBatchCall, means: BatchMeans): Promise<readonly RemoteBatchItem[]> {
  const { items, ...rest } = call;
  const outcomes: RemoteBatchItem[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const context = withKey(call.context, `${call.context.idempotencyKey}:${index}`);
      outcomes[index] = await itemOf(means.single({ ...rest, params: items[index] ?? {}, context }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  return outcomes;
}

async function itemOf(calling: Promise<JsonValue>): Promise<RemoteBatchItem> {
  try {
    return { ok: true, result: await calling };
  } catch (error) {
    if (isCapstanError(error)) return { ok: false, error };
    throw error;
  }
}

/** A context is an object of its host's, whose parts may be made when they are asked for: it is not copied. */
function withKey(context: TracedRemoteCall['context'], idempotencyKey: string): TracedRemoteCall['context'] {
  return new Proxy(context, {
    get: (target, property) => (property === 'idempotencyKey' ? idempotencyKey : Reflect.get(target, property, target)),
  });
}

function outsideContract(message: string): CapstanError {
  return new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', message);
}
