import type { Principal } from '@capstan/sdk';
import type { AuthInfo } from '@modelcontextprotocol/server';
import type { McpCaller } from './gateway.ts';

const CALLER_KEY = 'capstan_caller';

/** What a surface attaches to a request that it has authenticated. The key itself does not travel further. */
export function callerInfo(caller: McpCaller): AuthInfo {
  return { token: '', clientId: caller.principal.id, scopes: [], extra: { [CALLER_KEY]: caller } };
}

/** The caller that {@link callerInfo} attached; undefined where nobody did. */
export function callerOf(authInfo: AuthInfo | undefined): McpCaller | undefined {
  const caller = authInfo?.extra?.[CALLER_KEY];
  return isCaller(caller) ? caller : undefined;
}

/** Whether two requests come from the same principal of the same workspace. */
export function isSameCaller(one: McpCaller, other: McpCaller): boolean {
  return one.workspace === other.workspace && one.principal.id === other.principal.id;
}

function isCaller(value: unknown): value is McpCaller {
  return (
    typeof value === 'object' &&
    value !== null &&
    'workspace' in value &&
    typeof value.workspace === 'string' &&
    'principal' in value &&
    isPrincipal(value.principal)
  );
}

function isPrincipal(value: unknown): value is Principal {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}
