import type { JsonObject } from '@capstan/sdk';
import { type Bench, type Call, callTool, look } from './bench.ts';
import { isObject } from './json-shape.ts';
import type { WireAnswer } from './wire.ts';

/** The words with which a job ends. */
const JOB_ENDS: readonly string[] = ['completed', 'failed', 'cancelled', 'timeout'];

/** The `job` of an answer; undefined where there is none. */
export function jobOf({ json }: WireAnswer): JsonObject | undefined {
  return isObject(json) && isObject(json.job) ? json.job : undefined;
}

/** Where a job can be asked after, as an absolute URL; undefined where that is no URL. */
export function statusUrlOf(bench: Bench, tool: string, job: JsonObject): URL | undefined {
  const call = `${bench.wire.baseUrl}/v1/tools/${encodeURIComponent(tool)}`;
  return typeof job.status_url === 'string' && job.status_url !== ''
    ? (URL.parse(job.status_url, call) ?? undefined)
    : undefined;
}

/** Whether the token may be sent there. */
export function isOwnOrigin(bench: Bench, url: URL): boolean {
  return url.origin === new URL(bench.wire.baseUrl).origin;
}

export function hasEnded(answer: WireAnswer): boolean {
  const status = jobOf(answer)?.status;
  return typeof status === 'string' && JOB_ENDS.includes(status);
}

const DEFAULT_POLL_MS = 200;
const MIN_POLL_MS = 20;
const MAX_POLL_MS = 2000;

/** Asks after a job until it has ended, is unknown, or the time is up; the last answer. */
export async function followJob(bench: Bench, url: URL): Promise<WireAnswer> {
  let waitedMs = 0;
  for (;;) {
    const answer = await look(bench, url.href);
    if (answer.status !== 200 || hasEnded(answer) || waitedMs >= bench.jobWithinMs) return answer;
    const asked = jobOf(answer)?.poll_after_ms;
    const pauseMs = Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, typeof asked === 'number' ? asked : DEFAULT_POLL_MS));
    await bench.pause(pauseMs);
    waitedMs += pauseMs;
  }
}

/** Calls a tool and, where that makes a job, waits for its end: the answer that has the result. */
export async function callToEnd(bench: Bench, call: Call): Promise<WireAnswer> {
  const answer = await callTool(bench, call);
  const job = answer.status === 202 ? jobOf(answer) : undefined;
  const url = job === undefined ? undefined : statusUrlOf(bench, call.tool, job);
  return url !== undefined && isOwnOrigin(bench, url) ? followJob(bench, url) : answer;
}
