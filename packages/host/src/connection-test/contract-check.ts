import type { HttpAnswer, HttpTarget, ServiceClient } from '@capstan/http';
import { TestFailure } from './report.ts';

/** What a service says about itself. */
export interface ServiceSurvey {
  /** `GET {base_url}/v1/tools` */
  readonly tools: HttpAnswer;
  /** `GET {base_url}/v1/health` */
  readonly health: HttpAnswer;
}

const MAX_BYTES = 4 * 1024 * 1024;
const HEADERS = ['Accept', 'application/json', 'X-Capstan-Contract', '1'];

/** Asks a service for its tools and its health. */
export async function survey(client: ServiceClient, target: HttpTarget, timeoutMs: number): Promise<ServiceSurvey> {
  const ask = (path: string): Promise<HttpAnswer> =>
    client.exchange({ target, method: 'GET', path, headers: HEADERS, timeoutMs, maxResponseBytes: MAX_BYTES });
  const tools = await ask('/v1/tools');
  return { tools, health: await ask('/v1/health') };
}

/** @throws TestFailure where the service does not know who calls */
export function checkAccepted({ tools }: ServiceSurvey, authType: string): string {
  if (tools.status !== 401 && tools.status !== 403)
    return tools.status === 404 ? 'sent; the service did not say' : 'accepted';
  const message =
    authType === 'none'
      ? `the service wants credentials (${tools.status}), and the connection has none.`
      : `the service refused the credentials of type ${authType} (${tools.status}).`;
  throw new TestFailure('credentials_refused', 'CAPSTAN_REMOTE_AUTH', {
    message,
    hint: 'Renew the credentials under auth of the connection (or api_token of the pack), and compare type and header with what the service expects.',
  });
}

/** @throws TestFailure where the answers are outside the contract, or a tool is not there */
export function checkContract({ tools, health }: ServiceSurvey, wanted: readonly string[]): string {
  checkHealth(health);
  if (tools.status === 404) return 'the service lists no tools, which it need not';
  if (tools.status !== 200) throw outside(`GET /v1/tools answered ${tools.status}`);
  const offered = namesIn(tools);
  const missing = wanted.filter((name) => !offered.includes(name));
  if (missing.length === 0) return `${offered.length} tools offered, all of this pack's among them`;
  throw new TestFailure('tools_missing', 'CAPSTAN_REMOTE_NOT_FOUND', {
    message: `the service does not offer ${missing.join(', ')}.`,
    hint: 'Compare tool_type and action in the manifest with GET {base_url}/v1/tools; the base URL may be that of another service.',
  });
}

function checkHealth({ status }: HttpAnswer): void {
  if (status === 404 || (status >= 200 && status < 300)) return;
  throw new TestFailure('unhealthy', 'CAPSTAN_REMOTE_UNAVAILABLE', {
    message: `GET /v1/health answered ${status}: the service says that it is not well.`,
    hint: 'Look at the log of the service.',
  });
}

function namesIn({ body }: HttpAnswer): readonly string[] {
  const value = parsed(body.toString('utf8'));
  const tools = typeof value === 'object' && value !== null && 'tools' in value ? value.tools : undefined;
  if (!Array.isArray(tools)) throw outside('GET /v1/tools answered something that is no list of tools');
  return tools.flatMap((tool: unknown) =>
    typeof tool === 'object' && tool !== null && 'name' in tool && typeof tool.name === 'string' ? [tool.name] : [],
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw outside('GET /v1/tools answered something that is not JSON');
  }
}

function outside(what: string): TestFailure {
  return new TestFailure('outside_contract', 'CAPSTAN_REMOTE_INVALID_RESPONSE', {
    message: `${what}.`,
    hint: 'Check that the URL is the base URL of the service, and run "capstan contract verify" against it.',
  });
}
