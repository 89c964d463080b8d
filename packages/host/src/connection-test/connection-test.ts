import type { Authenticator, EndpointProbe, HttpClient } from '@capstan/http';
import { discover, HttpFailure } from '@capstan/http';
import {
  type CapstanError,
  type Clock,
  type ConnectionStatus,
  type InvocationOutcome,
  isCapstanError,
  type JsonObject,
} from '@capstan/sdk';
import type { ToolState } from '../host.ts';
import type { Binding } from '../workspace/connections.ts';
import { notReady } from '../workspace/pack-in-workspace.ts';
import { checkAccepted, checkContract, type ServiceSurvey, survey } from './contract-check.ts';
import {
  CONNECTION_TEST_STEPS,
  type ConnectionTestReport,
  type ConnectionTestStep,
  type ConnectionTestStepName,
  TestFailure,
} from './report.ts';
import { wayStep } from './way-steps.ts';

/** A connection that is to be tested. */
export interface TestSubject {
  readonly workspaceId: string;
  readonly binding: Binding;
  readonly egress: readonly string[];
  /** Tools of the remote contract that go over it: `line.send_message`. */
  readonly remoteTools: readonly string[];
  /** A tool that changes nothing, with arguments that its author gave as an example. */
  readonly harmless: { readonly tool: string; readonly arguments: JsonObject } | undefined;
}

/** What a test works with. */
export interface TestServices {
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly authenticator: Authenticator;
  readonly probe: EndpointProbe;
  /** Makes the harmless call, as any other call is made. */
  readonly call: (subject: TestSubject) => Promise<InvocationOutcome>;
}

const STEP_TIMEOUT_MS = 10_000;

/** Walks from the config to one harmless call, and stops at the first step that fails. Never rejects. */
export async function testConnection(subject: TestSubject, services: TestServices): Promise<ConnectionTestReport> {
  const { steps, url } = await walk(subject, services);
  const { binding, workspaceId } = subject;
  const failed = steps.find((step) => step.outcome === 'failed');
  return {
    connection: binding.id,
    workspace: workspaceId,
    pack: binding.connection.pack,
    url,
    ok: failed === undefined,
    status: statusAfter(failed),
    testedAt: services.clock.now(),
    steps: complete(steps, subject),
  };
}

/** Where the service is: of several endpoints the first, since the others have their health probes. */
interface Whereabouts {
  readonly url: string | undefined;
  /** As in `HttpClient.target`. */
  readonly egress: readonly string[] | undefined;
}

/** What is declared, else what the registry of the service says now. */
async function whereabouts({ binding, egress }: TestSubject, { http }: TestServices): Promise<Whereabouts> {
  const { remoteClusterUrl, cluster } = binding.connection;
  const own = egress.length === 0 ? undefined : egress;
  const declared = cluster?.endpoints[0]?.url ?? remoteClusterUrl;
  if (declared !== undefined || cluster?.discovery === undefined) return { url: declared, egress: own };
  const [found] = await discover(cluster.discovery, { http });
  return { url: found?.url, egress: cluster.trustDiscovery ? undefined : own };
}

interface Walk {
  readonly steps: readonly ConnectionTestStep[];
  readonly url: string | undefined;
}

async function walk(subject: TestSubject, services: TestServices): Promise<Walk> {
  let where: Whereabouts = { url: undefined, egress: undefined };
  const steps = await walkFrom(subject, services, (found) => {
    where = found;
  });
  return { steps, url: where.url };
}

async function walkFrom(
  subject: TestSubject,
  services: TestServices,
  onFound: (where: Whereabouts) => void,
): Promise<readonly ConnectionTestStep[]> {
  const steps: ConnectionTestStep[] = [];
  let where: Whereabouts = { url: undefined, egress: undefined };
  const take = async (name: ConnectionTestStepName, act: () => Promise<string> | string): Promise<boolean> => {
    const step = await timed(name, act, services.clock);
    steps.push(step);
    return step.outcome === 'passed';
  };
  const { binding, egress } = subject;
  const { connection } = binding;
  const target = (): ReturnType<HttpClient['target']> => services.http.target(where.url ?? '', where.egress);
  const isComplete = await take('config', async () => {
    if (isUnready(binding.state)) throw notReady(`connection ${binding.id}`, binding.state);
    where = await whereabouts(subject, services);
    onFound(where);
    target();
    return 'complete';
  });
  if (!isComplete) return steps;
  const way = await services.probe.probe(target(), STEP_TIMEOUT_MS);
  steps.push(...way.map(wayStep));
  if (way.some(({ outcome }) => outcome === 'failed')) return steps;
  let found: ServiceSurvey | undefined;
  const isAccepted = await take('auth', async () => {
    const credentials = await credentialsOf(subject, services);
    if (connection.connectionType !== 'remote') return credentials;
    found = await survey(services.authenticator.client(connection, { egress }), target(), STEP_TIMEOUT_MS);
    return `${credentials}, ${checkAccepted(found, connection.auth.type)}`;
  });
  if (!isAccepted) return steps;
  if (found !== undefined) {
    const answers = found;
    if (!(await take('contract', () => checkContract(answers, subject.remoteTools)))) return steps;
  }
  if (subject.harmless !== undefined) await take('call', () => harmlessCall(subject, services));
  return steps;
}

async function timed(
  name: ConnectionTestStepName,
  act: () => Promise<string> | string,
  clock: Clock,
): Promise<ConnectionTestStep> {
  const begunAt = clock.now();
  try {
    const detail = await act();
    return { name, ms: clock.now() - begunAt, outcome: 'passed', detail };
  } catch (thrown) {
    return { name, ms: clock.now() - begunAt, outcome: 'failed', ...explain(thrown) };
  }
}

function explain(thrown: unknown): Pick<Extract<ConnectionTestStep, { outcome: 'failed' }>, 'reason' | 'error'> {
  if (thrown instanceof TestFailure) {
    return { reason: thrown.reason, error: { code: thrown.code, message: thrown.message, hint: thrown.hint } };
  }
  if (isCapstanError(thrown)) return { reason: reasonOf(thrown), error: wordsOf(thrown) };
  if (thrown instanceof HttpFailure) {
    const code = thrown.kind === 'timeout' ? 'CAPSTAN_REMOTE_TIMEOUT' : 'CAPSTAN_REMOTE_INVALID_RESPONSE';
    const hint =
      'The connection stands, but no whole answer comes; look at the log of the service and of what stands before it.';
    return { reason: thrown.kind, error: { code, message: `${thrown.message}.`, hint } };
  }
  throw thrown;
}

function reasonOf({ code, details }: CapstanError): string {
  return typeof details.oauth_error === 'string' ? details.oauth_error : code.replace('CAPSTAN_', '').toLowerCase();
}

function wordsOf({ code, message, hint }: CapstanError): Pick<CapstanError, 'code' | 'message' | 'hint'> {
  return { code, message, hint };
}

function isUnready(state: ToolState): state is Exclude<ToolState, { kind: 'ready' }> {
  return state.kind !== 'ready';
}

async function credentialsOf({ binding, egress }: TestSubject, services: TestServices): Promise<string> {
  const { connection } = binding;
  const { authenticator, clock } = services;
  await authenticator.credentials(connection, { egress, timeoutMs: STEP_TIMEOUT_MS });
  const expiresAt = authenticator.tokenExpiresAt(connection);
  if (expiresAt === undefined) return connection.auth.type;
  return `${connection.auth.type}, a token for ${Math.round((expiresAt - clock.now()) / 60_000)} more minutes`;
}

async function harmlessCall(subject: TestSubject, { call }: TestServices): Promise<string> {
  const outcome = await call(subject);
  const tool = subject.harmless?.tool ?? '';
  if (outcome.status === 'succeeded') return `${tool} answered`;
  if (outcome.status === 'pending') return `${tool} waits for an approval`;
  throw outcome.error;
}

/** What is left, with the reason why it was not done. */
function complete(steps: readonly ConnectionTestStep[], { binding }: TestSubject): readonly ConnectionTestStep[] {
  const failed = steps.find((step) => step.outcome === 'failed');
  return CONNECTION_TEST_STEPS.map((name) => {
    const taken = steps.find((step) => step.name === name);
    if (taken !== undefined) return taken;
    const detail = failed === undefined ? reasonToSkip(name, binding) : `not reached: ${failed.name} failed`;
    return { name, ms: 0, outcome: 'skipped', detail };
  });
}

function reasonToSkip(name: ConnectionTestStepName, { connection }: Binding): string {
  switch (name) {
    case 'tls':
      return 'the URL is one of http';
    case 'contract':
      return `a connection of type ${connection.connectionType} does not speak the remote tool contract`;
    default:
      return 'no read-only tool of this connection has an example in its manifest';
  }
}

const NEEDS_SOMEBODY: ReadonlySet<string> = new Set(['CAPSTAN_NEEDS_REAUTH', 'CAPSTAN_REMOTE_AUTH']);

function statusAfter(failed: ConnectionTestStep | undefined): ConnectionStatus {
  if (failed === undefined || failed.outcome !== 'failed') return 'connected';
  // A registry that gives no answer is an outage; a setting that is not there is not.
  if (failed.name === 'config' && !failed.error.code.startsWith('CAPSTAN_REMOTE_'))
    return 'registered_but_not_connected';
  return NEEDS_SOMEBODY.has(failed.error.code) ? 'needs_reauth' : 'unavailable';
}
