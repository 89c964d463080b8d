import type { ConnectionView, PackView } from '@capstan/host';
import { expect, test } from 'vitest';
import { connectionJson, packJson } from './wire-views.ts';

test('an agent sees neither the variables of a pack nor places in its files; an operator sees both', () => {
  const position = { path: '/srv/packs/p/manifest.yaml', line: 1, column: 1 };
  const diagnostic = { severity: 'warning', code: 'X', message: 'm', position, frame: '> 1 | code: p' };
  const view = {
    code: 'p',
    state: { kind: 'ready' },
    environment: [{ name: 'HOST_VARIABLE', allowed: true, purpose: 'token' }],
    diagnostics: [diagnostic],
  } as unknown as PackView;
  for (const text of ['HOST_VARIABLE', '/srv/packs', 'code: p']) {
    expect(JSON.stringify(packJson(view, 'agent'))).not.toContain(text);
    expect(JSON.stringify(packJson(view, 'operator'))).toContain(text);
  }
});

test('an agent sees no URL of a connection, an operator its origin alone', () => {
  const view = {
    id: 'c',
    remoteClusterUrl: 'https://user:pw@hooks.example.com/secret/x?sig=1',
    remoteConnectionId: 'remote-7',
  } as unknown as ConnectionView;
  const agent = JSON.stringify(connectionJson(view, 'agent'));
  for (const text of ['hooks.example.com', 'remote-7']) expect(agent).not.toContain(text);
  expect(connectionJson(view, 'operator')).toMatchObject({
    remote_cluster_url: 'https://hooks.example.com',
    remote_connection_id: 'remote-7',
  });
});
