import type { StoredApproval } from '../approvals/approval.ts';
import type { AuditEntry } from '../audit/audit-entry.ts';
import type { StoredKey } from '../entities/api-key.ts';
import type { StoredConnection } from '../entities/connection.ts';
import type { StoredWorkspace } from '../entities/workspace.ts';
import { newId } from '../new-id.ts';

/** 2026-11-01T00:00:00Z */
export const NOON = 1_793_491_200_000;

export function workspace(slug: string): StoredWorkspace {
  return { slug, tenant: 'default', name: slug, settings: {}, createdAt: NOON, createdBy: 'key:admin' };
}

export function apiKey(over: Partial<StoredKey> = {}): StoredKey {
  const id = newId('key');
  return {
    id,
    name: 'ci',
    prefix: 'cap_abcd',
    hash: `hash of ${id}`,
    roles: ['agent'],
    scopes: [],
    createdAt: NOON,
    createdBy: 'key:admin',
    ...over,
  };
}

export function connection(over: Partial<StoredConnection> = {}): StoredConnection {
  return {
    id: newId('con'),
    workspace: 'support',
    pack: 'example',
    toolType: 'line',
    connectionType: 'remote',
    name: 'Line of support',
    remoteClusterUrl: 'https://line.example.com',
    cluster: {},
    config: { region: 'tw', nested: { list: [1, 'two', null] } },
    auth: { type: 'bearer' },
    secrets: ['/auth/token'],
    owner: 'workspace',
    status: 'connected',
    createdAt: NOON,
    createdBy: 'key:admin',
    updatedAt: NOON,
    updatedBy: 'key:admin',
    ...over,
  };
}

export function approval(over: Partial<StoredApproval> = {}): StoredApproval {
  return {
    id: newId('apr'),
    workspace: 'support',
    principal: 'key:agent',
    toolId: 'example.refund',
    argumentsDigest: 'digest',
    arguments: { amount: 5 },
    reason: 'danger_level: high',
    requestedAt: NOON,
    expiresAt: NOON + 60_000,
    state: { kind: 'pending' },
    ...over,
  };
}

export function auditEntry(sequence: number, over: Partial<AuditEntry> = {}): AuditEntry {
  return {
    replica: 'one',
    sequence,
    at: NOON + sequence,
    kind: 'invocation',
    workspace: 'support',
    principal: 'key:agent',
    subject: 'example.refund',
    status: 'succeeded',
    executionId: `exe_${sequence}`,
    previousHash: `hash ${sequence - 1}`,
    hash: `hash ${sequence}`,
    record: { arguments: { amount: sequence } },
    ...over,
  };
}
