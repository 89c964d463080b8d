import type { Host } from '@capstan/host';
import type { Route } from './route.ts';
import { component } from './route-schemas.ts';
import { connectionTestJson } from './wire-views.ts';

/** What an operator does with one connection. */
export function connectionRoutes(host: Host, redirectUri: () => string): readonly Route[] {
  return [testConnection(host), authorizeConnection(host, redirectUri)];
}

function testConnection(host: Host): Route {
  return {
    method: 'post',
    path: '/v1/workspaces/{workspace}/connections/{id}/test',
    operationId: 'testConnection',
    tag: 'operations',
    summary: 'Test a connection step by step',
    description:
      'Walks name resolution, TCP, TLS, credentials, the contract and one harmless call, stops at the first that fails, and sets the status of the connection. A test that finds something is answered with 200, too: `ok` says what came of it.',
    access: 'operator',
    responses: { 200: component('ConnectionTest') },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_CONNECTION_NOT_FOUND'],
    handle: async ({ workspace, path }) => ({
      status: 200,
      body: connectionTestJson(await host.testConnection(path.id ?? '', workspace)),
    }),
  };
}

function authorizeConnection(host: Host, redirectUri: () => string): Route {
  return {
    method: 'post',
    path: '/v1/workspaces/{workspace}/connections/{id}/authorize',
    operationId: 'authorizeConnection',
    tag: 'operations',
    summary: "Begin to connect a user's own account",
    description:
      'Only for auth of type `oauth2_authorization_code`. Open `authorization_url` in a browser and sign in; the browser comes back to `redirect_uri`, which has to be registered at the authorization server.',
    access: 'operator',
    responses: { 200: component('Authorization') },
    errors: [
      'CAPSTAN_WORKSPACE_NOT_FOUND',
      'CAPSTAN_CONNECTION_NOT_FOUND',
      'CAPSTAN_CONFIG_INVALID',
      'CAPSTAN_EGRESS_DENIED',
      'CAPSTAN_REMOTE_UNREACHABLE',
      'CAPSTAN_REMOTE_TIMEOUT',
      'CAPSTAN_REMOTE_UNAVAILABLE',
      'CAPSTAN_REMOTE_INVALID_RESPONSE',
    ],
    handle: async ({ workspace, path }) => {
      const target = redirectUri();
      const begun = await host.authorizeConnection(path.id ?? '', { workspace, redirectUri: target });
      const expiresAt = new Date(begun.expiresAt).toISOString();
      return { status: 200, body: { authorization_url: begun.url, redirect_uri: target, expires_at: expiresAt } };
    },
  };
}
