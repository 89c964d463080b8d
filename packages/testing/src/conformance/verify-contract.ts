import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { MASK } from '@capstan/schema';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import { type Bench, look } from './bench.ts';
import { type ConformanceReport, concludeFrom, type RequirementResult } from './report.ts';
import { failed, notChecked, type Requirement, type Verdict } from './requirement.ts';
import { CONTRACT_REQUIREMENTS } from './requirements.ts';
import { chooseSubject, type Discovery, readDiscovery } from './survey.ts';
import { NoAnswer, type SentRequest, Wire } from './wire.ts';

/** Which service is checked, and how. */
export interface VerifyContractOptions {
  /** The `base_url` of the contract. */
  readonly url: string;
  /** Absent for a service that needs none. */
  readonly token?: string;
  /** The tool that is called, such as `line.send_message`. Default: the first of `GET /v1/tools` that has an example. */
  readonly tool?: string;
  /** Parameters with which `tool` succeeds. At most sixty calls are made. Default: its first example. */
  readonly sample?: JsonObject;
  /** PEM certificates to trust beside the system's. */
  readonly certificates?: readonly string[];
  /** For each exchange. Default 30,000. */
  readonly timeoutMs?: number;
  /** How long an answer should take at most. Default 5,000. */
  readonly answerWithinMs?: number;
  /** How long a job may take. Default 60,000. */
  readonly jobWithinMs?: number;
  /** Stops the run; it then rejects. */
  readonly signal?: AbortSignal;
  /** Called with each result as it comes. */
  readonly onResult?: (result: RequirementResult) => void;
  /** Ms since the epoch. Default: the system's clock. */
  readonly now?: () => number;
  /** Names that nobody has used before. Default: random ones. */
  readonly newName?: () => string;
}

const SOURCE = 'docs/formats/remote-contract.md';

/**
 * Calls a service as a host would, and as a host never would, and says which requirements of the contract hold. The calls
 * are real: use an account for tests.
 * @throws CapstanError when `url` is no base URL, or there is a sample and no tool. A service that does not answer is a result.
 */
export async function verifyContract(options: VerifyContractOptions): Promise<ConformanceReport> {
  const { now = Date.now, signal, onResult } = options;
  if (options.sample !== undefined && options.tool === undefined) {
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', 'A sample was given without its tool.', {
      hint: 'Name the tool that takes the sample, such as --tool line.send_message.',
    });
  }
  const startedMs = now();
  const wire = new Wire({
    url: options.url,
    certificates: options.certificates ?? [],
    timeoutMs: options.timeoutMs ?? 30_000,
    signal,
    now,
  });
  const bench = await setUp(wire, options);
  const verdicts = new Map<string, RequirementResult>();
  for (const requirement of inOrderOfRun(CONTRACT_REQUIREMENTS)) {
    signal?.throwIfAborted();
    const result = await verify(requirement, bench, { verdicts, now });
    verdicts.set(requirement.id, result);
    onResult?.(result);
  }
  const results = CONTRACT_REQUIREMENTS.flatMap(({ id }) => verdicts.get(id) ?? []);
  return {
    url: wire.baseUrl,
    ...(bench.subject === undefined ? {} : { tool: bench.subject.tool }),
    startedAt: new Date(startedMs).toISOString(),
    durationMs: now() - startedMs,
    conclusion: concludeFrom(results),
    counts: { passed: count(results, 'passed'), failed: count(results, 'failed'), skipped: count(results, 'skipped') },
    results,
  };
}

async function setUp(wire: Wire, options: VerifyContractOptions): Promise<Bench> {
  const bench = {
    wire,
    token: options.token,
    answerWithinMs: options.answerWithinMs ?? 5000,
    jobWithinMs: options.jobWithinMs ?? 60_000,
    newName: options.newName ?? randomUUID,
    pause: (ms: number) => wait(ms, undefined, options.signal === undefined ? {} : { signal: options.signal }),
  };
  const discovery = await discover({ ...bench, discovery: UNREACHED, subject: undefined });
  const subject = chooseSubject({ tool: options.tool, sample: options.sample }, discovery);
  return { ...bench, discovery, subject };
}

const UNREACHED: Discovery = {
  kind: 'absent',
  answer: { request: 'GET /v1/tools', status: 404, headers: {}, text: '', json: undefined, durationMs: 0 },
};

/** That nothing answers is for CONTRACT-REACH-1 to say. */
async function discover(bench: Bench): Promise<Discovery> {
  try {
    return readDiscovery(await look(bench, '/v1/tools', { mayBeAbsent: true }));
  } catch (error) {
    if (error instanceof NoAnswer) return UNREACHED;
    throw error;
  }
}

function inOrderOfRun(requirements: readonly Requirement[]): readonly Requirement[] {
  const isLast = ({ isAboutAllAnswers = false }: Requirement): boolean => isAboutAllAnswers;
  return [...requirements.filter((each) => !isLast(each)), ...requirements.filter(isLast)];
}

interface Progress {
  readonly verdicts: ReadonlyMap<string, RequirementResult>;
  readonly now: () => number;
}

async function verify(requirement: Requirement, bench: Bench, { verdicts, now }: Progress): Promise<RequirementResult> {
  const { id, title, level, section, needs } = requirement;
  const startedMs = now();
  const missing = needs.find((need) => verdicts.get(need)?.verdict.status !== 'passed');
  const verdict =
    missing === undefined ? await checkOf(requirement, bench) : unmet(missing, verdicts.get(missing)?.verdict);
  return { id, title, level, source: `${SOURCE}#${section}`, verdict, durationMs: now() - startedMs };
}

async function checkOf({ check }: Requirement, bench: Bench): Promise<Verdict> {
  bench.wire.forgetSent();
  try {
    return withoutToken(withSent(await check(bench), bench.wire.lastSent), bench.token);
  } catch (error) {
    if (error instanceof NoAnswer)
      return withoutToken(withSent(failed(error.message), bench.wire.lastSent), bench.token);
    throw error;
  }
}

const MAX_SHOWN_BODY = 400;

/** With the body a provider can make the same call by hand. */
function withSent(verdict: Verdict, sent: SentRequest | undefined): Verdict {
  if (verdict.status !== 'failed' || sent === undefined) return verdict;
  const text = sent.body.toString();
  const body = text.length <= MAX_SHOWN_BODY ? text : `${text.slice(0, MAX_SHOWN_BODY)}… (${text.length} characters)`;
  return { ...verdict, sent: `${sent.request} ${body}` };
}

/** A service that repeats the token is not to have it repeated in a log of CI as well. */
function withoutToken(verdict: Verdict, token: string | undefined): Verdict {
  if (verdict.status === 'passed' || token === undefined || token === '') return verdict;
  const reason = verdict.reason.replaceAll(token, MASK);
  if (verdict.status === 'skipped' || verdict.sent === undefined) return { ...verdict, reason };
  return { ...verdict, reason, sent: verdict.sent.replaceAll(token, MASK) };
}

/** What cannot be checked because of something that is not offered is not offered either. */
function unmet(id: string, verdict: Verdict | undefined): Verdict {
  if (verdict?.status === 'skipped') return { ...verdict };
  return notChecked(`${id} does not hold`);
}

function count(results: readonly RequirementResult[], status: Verdict['status']): number {
  return results.filter(({ verdict }) => verdict.status === status).length;
}
