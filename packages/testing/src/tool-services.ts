import { cacheable, type Logger, type ToolConnection, type ToolContext, type ToolServices } from '@capstan/sdk';
import { fakeClock } from './fake-clock.ts';
import { recordingAdapter } from './recording-adapter.ts';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A connection as a tool factory gets it; name only what the test is about. */
export function testConnection(parts: Partial<ToolConnection> = {}): ToolConnection {
  return {
    id: 'con_test',
    workspaceId: 'default',
    pack: 'test_pack',
    toolType: 'test',
    connectionType: 'remote',
    name: 'Test connection',
    config: {},
    auth: { type: 'none' },
    owner: 'workspace',
    status: 'connected',
    ...parts,
  };
}

/** The context of one call; name only what the test is about. */
export function testContext(parts: Partial<ToolContext> = {}): ToolContext {
  return {
    executionId: 'exe_test',
    principal: { id: 'tester', roles: ['agent'], permissions: [] },
    tenantId: 'default',
    workspaceId: 'default',
    signal: new AbortController().signal,
    deadline: Number.MAX_SAFE_INTEGER,
    idempotencyKey: 'exe_test',
    logger: SILENT,
    extra: {},
    progress() {},
    elicit: () => Promise.reject(new Error('nobody answers questions in this test')),
    ...parts,
  };
}

/** The services of a tool factory. One that the test did not give throws when it is used: a mistake should show. */
export function testServices(parts: Partial<ToolServices> = {}): ToolServices {
  const connection = parts.connection ?? testConnection();
  const clock = parts.clock ?? fakeClock();
  return {
    remoteToolAdapter: recordingAdapter(),
    connection,
    config: connection.config,
    logger: SILENT,
    clock,
    cache: { cacheable: (work, options) => cacheable(work, { clock, ...options }) },
    http: { request: () => Promise.reject(new Error('this test gave no http')) },
    tools: { call: () => Promise.reject(new Error('this test gave no tools')) },
    ...parts,
  };
}
