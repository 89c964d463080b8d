import type { AccountState } from '@capstan/http';
import type { ConnectionStatus, WireError } from '@capstan/sdk';

/** How a connection is doing, as far as anybody looked. */
export interface ConnectionCondition {
  readonly status: ConnectionStatus;
  /** Since when it has been so, in ms since the epoch; undefined where nobody looked. */
  readonly since: number | undefined;
  /** When it was tested last. */
  readonly lastValidatedAt: number | undefined;
  /** Why it is not `connected`. */
  readonly validationError: Pick<WireError, 'code' | 'message' | 'hint'> | undefined;
}

const UNTESTED: ConnectionCondition = Object.freeze({
  status: 'registered_but_not_connected',
  since: undefined,
  lastValidatedAt: undefined,
  validationError: undefined,
});

/** The conditions of all connections of a host, by workspace and id. What nobody looked at is registered, no more. */
export class ConnectionConditions {
  readonly #conditions = new Map<string, ConnectionCondition>();

  of(workspaceId: string, connectionId: string): ConnectionCondition {
    return this.#conditions.get(keyOf(workspaceId, connectionId)) ?? UNTESTED;
  }

  /** A call over it succeeded. @returns undefined where that changes nothing */
  answered(workspaceId: string, connectionId: string, now: number): ConnectionCondition | undefined {
    const before = this.#conditions.get(keyOf(workspaceId, connectionId));
    if (before?.status !== 'unavailable') return undefined;
    return this.#set(workspaceId, connectionId, {
      ...before,
      status: 'connected',
      since: now,
      validationError: undefined,
    });
  }

  forget(workspaceId: string, connectionId: string): void {
    this.#conditions.delete(keyOf(workspaceId, connectionId));
  }

  forgetWorkspace(workspaceId: string): void {
    for (const key of this.#conditions.keys()) if (key.startsWith(`${workspaceId}/`)) this.#conditions.delete(key);
  }

  /** What a test found out. */
  tested(
    workspaceId: string,
    connectionId: string,
    verdict: Pick<ConnectionCondition, 'status' | 'validationError'> & { readonly at: number },
  ): ConnectionCondition {
    const before = this.of(workspaceId, connectionId);
    const since = before.status === verdict.status ? (before.since ?? verdict.at) : verdict.at;
    const { status, validationError, at } = verdict;
    return this.#set(workspaceId, connectionId, { status, validationError, since, lastValidatedAt: at });
  }

  /** A user's account lost its grant, or has one again. @returns undefined where that changes nothing */
  account(
    workspaceId: string,
    connectionId: string,
    state: AccountState,
    now: number,
  ): ConnectionCondition | undefined {
    const before = this.of(workspaceId, connectionId);
    if (state.kind === 'needs_reauth') {
      const validationError = {
        code: 'CAPSTAN_NEEDS_REAUTH' as const,
        message: `Somebody has to sign in: ${state.reason}.`,
        hint: `Run "capstan connection authorize ${connectionId}" and open the address that it prints.`,
      };
      return this.#set(workspaceId, connectionId, {
        ...before,
        status: 'needs_reauth',
        since: state.since,
        validationError,
      });
    }
    if (state.kind === 'unknown' || before.status === 'unavailable' || before.status === 'connected') return undefined;
    return this.#set(workspaceId, connectionId, {
      ...before,
      status: 'connected',
      since: now,
      validationError: undefined,
    });
  }

  #set(workspaceId: string, connectionId: string, condition: ConnectionCondition): ConnectionCondition {
    this.#conditions.set(keyOf(workspaceId, connectionId), condition);
    return condition;
  }
}

function keyOf(workspaceId: string, connectionId: string): string {
  return `${workspaceId}/${connectionId}`;
}
