import { CapstanError, type JsonObject } from '@capstan/sdk';
import {
  type InputRequests,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { LiveCall, type OpenQuestion, type RoundRequest } from './live-call.ts';
import type { ParkedCallClaim, ParkedCalls } from './parked-calls.ts';
import type { TaskDesk } from './tasks/task-desk.ts';
import { isObject } from './upstream/message.ts';

/** A request that may end with questions, whose answers come with the client's next one (SEP-2322). */
export interface RoundsRequest {
  readonly parked: ParkedCalls<Result>;
  readonly claim: ParkedCallClaim;
  readonly context: ServerContext;
  readonly signal: AbortSignal;
  readonly onProgress: RoundRequest['onProgress'];
  /** Where the client can follow a task: what takes long becomes one. */
  readonly tasks?: TaskDesk;
  /** Does the work; called once, whatever number of requests it takes. */
  readonly run: (call: LiveCall<Result>) => Promise<Result>;
}

/** Revision 2026-07-28: the result, or the questions that come first. @throws ProtocolError -32602 for an expired `requestState` */
export async function answerInRounds(request: RoundsRequest): Promise<Result> {
  const { parked, claim, context, signal, onProgress, tasks, run } = request;
  const ticket: unknown = context.mcpReq.requestState();
  const answers = answersIn(context);
  const call = ticket === undefined ? new LiveCall<Result>(answers) : resumed(request, ticket, answers);
  if (ticket === undefined) call.start(() => run(call));
  const listening = { signal, ...(onProgress === undefined ? {} : { onProgress }) };
  const first = await call.round(tasks === undefined ? listening : { ...listening, patienceMs: tasks.afterMs });
  const task = first.kind === 'goes_on' ? await tasks?.begin(call, claim.caller) : undefined;
  if (task !== undefined) return task;
  // No room for a task: the request waits, as without.
  const round = first.kind === 'goes_on' ? await call.round(listening) : first;
  if (round.kind === 'answered') return round.answer;
  if (round.kind === 'goes_on') throw new Error('a request without patience ended early');
  return inputRequired({
    inputRequests: toInputRequests(round.questions),
    requestState: parked.park(call, claim),
  });
}

/** @throws CapstanError CAPSTAN_RATE_LIMITED where a caller may have no more calls wait */
export function requireRoom(parked: ParkedCalls<Result>, { caller }: ParkedCallClaim): void {
  if (parked.hasRoomFor(caller)) return;
  throw new CapstanError('CAPSTAN_RATE_LIMITED', 'too many calls wait for an answer of their user', {
    hint: 'Call again when some of the open questions are answered.',
    retriable: true,
  });
}

function resumed(
  { parked, claim }: RoundsRequest,
  ticket: unknown,
  answers: ReadonlyMap<string, JsonObject>,
): LiveCall<Result> {
  const call = typeof ticket === 'string' ? parked.take(ticket, claim) : undefined;
  if (call === undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState: make the call anew', {
      reason: 'invalid_request_state',
    });
  }
  for (const { key } of call.openQuestions()) {
    const answer = answers.get(key);
    if (answer !== undefined) call.reply(key, answer);
  }
  return call;
}

/** An answer is an object; anything else was not said, and is asked again. */
function answersIn({ mcpReq }: ServerContext): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const [key, answer] of Object.entries(mcpReq.inputResponses ?? {})) {
    // Parsed JSON: the SDK types it no further.
    if (isObject(answer)) found.set(key, answer as JsonObject);
  }
  return found;
}

function toInputRequests(questions: readonly OpenQuestion[]): InputRequests {
  return Object.fromEntries(
    questions.map(({ key, method, params }) => [key, { method, ...(params === undefined ? {} : { params }) }]),
    // The question is the tool's own, or that of a server behind the gateway; the client checks what it can show.
  ) as unknown as InputRequests;
}
