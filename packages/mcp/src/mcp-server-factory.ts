import { randomBytes, randomUUID } from 'node:crypto';
import type { McpRequestContext, McpServerFactory } from '@modelcontextprotocol/server';
import { callerOf } from './caller-info.ts';
import { type CatalogServerParts, createCatalogServer, pushCatalogChanges } from './catalog-server.ts';
import { compactGateway, type SearchableGateway } from './compact/compact-gateway.ts';
import type { McpCaller } from './gateway.ts';
import { ParkedCalls } from './parked-calls.ts';
import { LiveTasks } from './tasks/live-tasks.ts';
import { SealedTaskIds } from './tasks/sealed-task-id.ts';
import { TaskDesk } from './tasks/task-desk.ts';

const MAX_PARKED_PER_CALLER = 20;
const DEFAULT_COMPACT_THRESHOLD = 40;
const DEFAULT_TASK_AFTER_MS = 5_000;
const TASK_LIMITS = Object.freeze({ total: 1_000, perCaller: 100, ttlMs: 3_600_000 });

/** What {@link createMcpServerFactory} and `createMcpHttp` take. */
export interface McpServerOptions {
  readonly gateway: SearchableGateway;
  /** More tools than this, and an endpoint that is not told otherwise lists the four compact ones. Default 40. */
  readonly compactThreshold?: number;
  /** Of the product, shown to clients. */
  readonly version: string;
  /** Who calls where the transport does not say: the one caller of a stdio connection. Without it such a request is refused. */
  readonly caller?: McpCaller;
  /** Told to the client's model. */
  readonly instructions?: string;
  /** Tools on one page of `tools/list`. Default 250. */
  readonly pageSize?: number;
  /** Calls that may wait for their user's answer at a time, 20 of one caller. Default 1,000. */
  readonly maxParkedCalls?: number;
  /** A call that takes longer becomes a task, where the client can follow one. Default 5,000. In ms. */
  readonly taskAfterMs?: number;
  /** By which ids of servers' tasks are known again; replicas share it. Default: of this process. */
  readonly taskSecret?: Uint8Array;
  /** Makes the tickets of parked calls; hard to guess. */
  readonly newTicket?: () => string;
  /** Hears of defects, whose message the client does not get. */
  readonly onError?: (error: Error) => void;
  /** Hears what the SDK reports: mostly requests that a client got wrong, and connections that broke off. */
  readonly onNotice?: (error: Error) => void;
}

/** The factory, and what it shares between its server objects. */
export interface ResolvedMcpServer {
  readonly factory: McpServerFactory;
  readonly parts: CatalogServerParts;
}

/**
 * A catalog as an MCP server, for `createMcpHandler` (HTTP) and `serveStdio`; revision 2026-07-28, and older ones by
 * negotiation. The caller comes from {@link callerInfo} in the request's `authInfo`, else from `options.caller`.
 */
export function createMcpServerFactory(options: McpServerOptions): McpServerFactory {
  return resolveMcpServer(options).factory;
}

/** Like {@link createMcpServerFactory}, for the surfaces of this package. */
export function resolveMcpServer(options: McpServerOptions): ResolvedMcpServer {
  const gateway = compactGateway(options.gateway, options.compactThreshold ?? DEFAULT_COMPACT_THRESHOLD);
  const parts: CatalogServerParts = {
    gateway,
    tasks: new TaskDesk({
      afterMs: options.taskAfterMs ?? DEFAULT_TASK_AFTER_MS,
      gateway,
      live: new LiveTasks({ limits: TASK_LIMITS, newId: options.newTicket ?? randomUUID, now: Date.now }),
      ids: new SealedTaskIds(options.taskSecret ?? randomBytes(32)),
    }),
    implementation: { name: 'capstan', title: 'Capstan', version: options.version },
    instructions: options.instructions,
    pageSize: options.pageSize ?? 250,
    parked: new ParkedCalls({
      capacity: options.maxParkedCalls ?? 1000,
      perCaller: MAX_PARKED_PER_CALLER,
      newTicket: options.newTicket ?? randomUUID,
    }),
    onError: options.onError ?? (() => undefined),
    onNotice: options.onNotice ?? (() => undefined),
  };
  const factory: McpServerFactory = (context) => {
    const caller = callerFor(context, options.caller);
    const server = createCatalogServer(parts, caller, context.requestInfo !== undefined && context.era === 'modern');
    // A request over HTTP ends at once; its changes go out over `subscriptions/listen`.
    if (context.requestInfo === undefined) pushCatalogChanges(server, parts, caller);
    return server;
  };
  return { factory, parts };
}

function callerFor(context: McpRequestContext, fallback: McpCaller | undefined): McpCaller {
  const caller = callerOf(context.authInfo) ?? (context.requestInfo === undefined ? fallback : undefined);
  if (caller === undefined) throw new Error('an MCP request without an authenticated caller reached the server');
  return caller;
}
