import type { AccountEvent, Authenticator, EndpointProbe, HttpClient } from '@capstan/http';
import {
  CapstanError,
  type Clock,
  type InvocationOutcome,
  type JsonObject,
  type JsonValue,
  type Logger,
  type ToolConnection,
} from '@capstan/sdk';
import { egressOf } from '../backends/call-policy.ts';
import type { ConnectionView, Host, HostEvents } from '../host.ts';
import type { ConnectionSettings } from '../settings/host-settings.ts';
import { connectionView, idleConnectionView } from '../views.ts';
import type { ConnectionCondition, ConnectionConditions } from '../workspace/connection-conditions.ts';
import type { Binding } from '../workspace/connections.ts';
import type { EnabledPack } from '../workspace/workspace.ts';
import { type TestSubject, testConnection } from './connection-test.ts';
import type { ConnectionTestReport } from './report.ts';

/** A connection, and the pack that calls over it. */
export interface ConnectionPlace {
  readonly binding: Binding;
  readonly pack: EnabledPack;
}

/** What a desk works with. */
export interface ConnectionDeskOptions {
  readonly http: HttpClient;
  readonly authenticator: Authenticator;
  readonly probe: EndpointProbe;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly conditions: ConnectionConditions;
  readonly places: (workspaceId: string) => readonly ConnectionPlace[];
  /** Those that were written at run time, whether a pack uses them or not. */
  readonly written: (workspaceId: string) => readonly ConnectionSettings[];
  readonly invoke: Host['invoke'];
  readonly onState: (...event: HostEvents['connection:state']) => void;
}

/** Everything that an operator does with connections: looks at them, tests them, connects accounts. */
export class ConnectionDesk {
  readonly #options: ConnectionDeskOptions;

  constructor(options: ConnectionDeskOptions) {
    this.#options = options;
  }

  views(workspaceId: string): readonly ConnectionView[] {
    const { conditions, places, written } = this.#options;
    const used = places(workspaceId).map(({ binding }) => binding);
    const idle = written(workspaceId).filter(({ id }) => used.every((binding) => binding.id !== id));
    return [
      ...used.map((binding) => connectionView(binding, conditions.of(workspaceId, binding.id))),
      ...idle.map((settings) => idleConnectionView(workspaceId, settings)),
    ];
  }

  /** @throws CapstanError CAPSTAN_CONNECTION_NOT_FOUND */
  async test(workspaceId: string, idOrName: string): Promise<ConnectionTestReport> {
    const { clock, http, authenticator, probe, conditions } = this.#options;
    const place = this.#find(workspaceId, idOrName);
    const report = await testConnection(subjectOf(workspaceId, place), {
      clock,
      http,
      authenticator,
      probe,
      call: (subject) => this.#call(subject),
    });
    const failed = report.steps.find((step) => step.outcome === 'failed');
    const { binding } = place;
    const verdict = { status: report.status, validationError: failed?.error, at: report.testedAt };
    this.#announce(binding.connection, conditions.tested(workspaceId, binding.id, verdict));
    return report;
  }

  /** @throws CapstanError CAPSTAN_CONNECTION_NOT_FOUND, or CAPSTAN_INVALID_REQUEST where nobody signs in */
  async authorize(
    workspaceId: string,
    idOrName: string,
    redirectUri: string,
  ): Promise<{ readonly url: string; readonly expiresAt: number }> {
    const { binding, pack } = this.#find(workspaceId, idOrName);
    const egress = egressOf(binding, pack.instance.sources);
    return this.#options.authenticator.authorize(binding.connection, { redirectUri, egress });
  }

  /** @throws CapstanError where nobody waits for it, or the authorization server gives no token */
  async complete(callback: URL): Promise<{ readonly id: string; readonly workspace: string; readonly name: string }> {
    const { id, workspaceId, name } = await this.#options.authenticator.completeAuthorization(callback);
    return { id, workspace: workspaceId, name };
  }

  /** Looks which accounts have a grant, so that the first look at them tells the truth. */
  async lookAtAccounts(workspaceIds: readonly string[]): Promise<void> {
    const { authenticator, logger } = this.#options;
    const accounts = workspaceIds
      .flatMap((id) => this.#options.places(id))
      .filter(({ binding }) => binding.connection.auth.type === 'oauth2_authorization_code');
    await Promise.all(
      accounts.map(async ({ binding, pack }) => {
        try {
          await authenticator.accountState(binding.connection, { egress: egressOf(binding, pack.instance.sources) });
        } catch (cause) {
          logger.warn('the account of a connection cannot be looked up', { connection: binding.id, cause });
        }
      }),
    );
  }

  /** What was found out about a connection does not hold for what takes its place. */
  forget({ workspaceId, id }: ToolConnection): void {
    this.#options.conditions.forget(workspaceId, id);
  }

  forgetWorkspace(workspaceId: string): void {
    this.#options.conditions.forgetWorkspace(workspaceId);
  }

  /** An account lost its grant, or has one again. */
  onAccount({ workspaceId, connectionId, state }: AccountEvent): void {
    const { conditions, clock, onState } = this.#options;
    const condition = conditions.account(workspaceId, connectionId, state, clock.now());
    if (condition) onState({ workspace: workspaceId, connection: connectionId, status: condition.status });
  }

  /** A call over a connection succeeded: a test that found it unavailable is out of date. */
  onAnswered(workspaceId: string, connectionId: string): void {
    const { conditions, clock, onState } = this.#options;
    const condition = conditions.answered(workspaceId, connectionId, clock.now());
    if (condition) onState({ workspace: workspaceId, connection: connectionId, status: condition.status });
  }

  #announce({ id, workspaceId }: ToolConnection, { status }: ConnectionCondition): void {
    this.#options.onState({ workspace: workspaceId, connection: id, status });
  }

  #call({ workspaceId, binding, harmless }: TestSubject): Promise<InvocationOutcome> {
    if (harmless === undefined) throw new Error('a test without a harmless tool calls none');
    return this.#options.invoke({
      workspace: workspaceId,
      tool: harmless.tool,
      arguments: harmless.arguments,
      connection: binding.id,
    });
  }

  #find(workspaceId: string, idOrName: string): ConnectionPlace {
    const places = this.#options.places(workspaceId);
    const found =
      places.find(({ binding }) => binding.id === idOrName) ?? places.find(({ binding }) => binding.name === idOrName);
    if (found) return found;
    const idle = this.#options.written(workspaceId).find(({ id, name }) => id === idOrName || name === idOrName);
    if (idle !== undefined) throw servesNothing(idle, workspaceId);
    const shown = JSON.stringify(idOrName.slice(0, 128));
    throw new CapstanError('CAPSTAN_CONNECTION_NOT_FOUND', `no connection ${shown} in workspace ${workspaceId}`, {
      details: { candidates: places.map(({ binding: { id, name } }) => ({ id, name })) },
    });
  }
}

function servesNothing({ id, pack }: ConnectionSettings, workspaceId: string): CapstanError {
  return new CapstanError(
    'CAPSTAN_CONNECTION_NOT_FOUND',
    `the connection ${id} serves nothing yet: no tool of an enabled pack uses it in workspace ${workspaceId}`,
    { hint: `Enable its pack: capstan pack enable ${pack} -w ${workspaceId}.` },
  );
}

function subjectOf(workspaceId: string, { binding, pack }: ConnectionPlace): TestSubject {
  const own = pack.tools.filter(({ runner }) => runner.connectionIds().includes(binding.id));
  const names = new Set(own.map(({ definition }) => definition.name));
  const { manifest } = pack.instance.sources;
  const remoteTools = manifest.tools.flatMap(({ name, backend }) =>
    backend.kind === 'remote' && names.has(name) ? [`${backend.toolType}.${backend.action}`] : [],
  );
  const harmless = own.flatMap(({ definition: { id, annotations, examples } }) => {
    const example = examples.find(isObject);
    return annotations.readOnly === true && example !== undefined ? [{ tool: id, arguments: example }] : [];
  });
  return {
    workspaceId,
    binding,
    egress: egressOf(binding, pack.instance.sources),
    remoteTools: [...new Set(remoteTools)],
    harmless: harmless[0],
  };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
