import { createHttpClient } from '@capstan/http';
import type { JsonObject } from '@capstan/sdk';
import { onTestFinished } from 'vitest';
import type { CallerChannel } from '../upstream/caller-channel.ts';
import type { SessionOwner } from '../upstream/session-shelf.ts';
import { Upstream, type UpstreamRequest } from '../upstream/upstream.ts';
import {
  type HttpServerAddress,
  type StdioServerAddress,
  UPSTREAM_LIMITS,
  type UpstreamLimits,
  type UpstreamServer,
} from '../upstream/upstream-server.ts';

/** An upstream with everything that it told. */
export interface UpstreamUnderTest {
  readonly upstream: Upstream;
  readonly changes: readonly { readonly state: boolean; readonly offer: boolean }[];
  readonly log: readonly { readonly message: string; readonly fields: unknown }[];
  /** Resolves when the condition holds; it is looked at after every change. */
  until(condition: () => boolean): Promise<void>;
  call(name: string, args?: JsonObject, parts?: Partial<UpstreamRequest>): Promise<JsonObject>;
}

type Address = string | Partial<HttpServerAddress> | (Partial<StdioServerAddress> & { readonly command: string });

/** Connects to a server; closed after the test. */
export function upstreamOn(
  address: Address,
  options: Partial<Omit<UpstreamServer, 'limits'>> & {
    readonly limits?: Partial<UpstreamLimits>;
    readonly onResourceUpdated?: (uri: string) => void;
  } = {},
): UpstreamUnderTest {
  const changes: { state: boolean; offer: boolean }[] = [];
  const log: { message: string; fields: unknown }[] = [];
  const waiting = new Set<() => void>();
  const write = (message: string, fields?: unknown): void => void log.push({ message, fields });
  const http = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
  const { limits, onResourceUpdated, ...rest } = options;
  const upstream = new Upstream(
    {
      name: 'test',
      address: wholeAddress(address),
      prefix: '',
      selectedTools: undefined,
      timeoutMs: 10_000,
      connectTimeoutMs: 10_000,
      share: 'principal',
      trustAnnotations: false,
      ...rest,
      limits: { ...UPSTREAM_LIMITS, retryBaseMs: 10, retryMaxMs: 50, graceMs: 200, ...limits },
    },
    {
      http,
      clock: { now: () => Date.now() },
      random: Math.random,
      logger: { debug: write, info: write, warn: write, error: write },
      version: '0.0.0',
    },
    {
      onChange: (change) => {
        changes.push(change);
        for (const look of waiting) look();
      },
      onResourceUpdated: (_owner, { uri }) => onResourceUpdated?.(String(uri)),
    },
  );
  onTestFinished(async () => {
    await upstream.close();
    await http.close(0);
  });
  upstream.start();
  return {
    upstream,
    changes,
    log,
    until: (condition) => {
      if (condition()) return Promise.resolve();
      return new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    call: (name, args = {}, parts = {}) =>
      upstream.request({
        owner: ownerOf('one'),
        method: 'tools/call',
        params: { name, arguments: args },
        isRepeatable: false,
        ...parts,
      }),
  };
}

/** A principal of the workspace `default`. */
export function ownerOf(principal: string, capabilities: JsonObject = {}): SessionOwner {
  return { workspace: 'default', principal, capabilities };
}

/** A client that answers whatever it is asked. */
export function channelOf(
  answer: (method: string, params: JsonObject | undefined) => JsonObject | Promise<JsonObject>,
  parts: Partial<CallerChannel> = {},
): CallerChannel & { readonly told: readonly { readonly method: string; readonly params: JsonObject | undefined }[] } {
  const told: { method: string; params: JsonObject | undefined }[] = [];
  return {
    capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
    logLevel: undefined,
    request: async ({ method, params }) => answer(method, params),
    notify: (method, params) => void told.push({ method, params }),
    told,
    ...parts,
  };
}

/** The text of a result's first block. */
export function textOf(result: JsonObject): string {
  const [first] = result.content as readonly { readonly text: string }[];
  return first?.text ?? '';
}

function wholeAddress(address: Address): UpstreamServer['address'] {
  if (typeof address === 'string') return { kind: 'http', form: 'auto', url: address, headers: {} };
  if ('command' in address) {
    const environment = { PATH: process.env.PATH ?? '' };
    return { kind: 'stdio', args: [], environment, ...address };
  }
  return { kind: 'http', form: 'auto', url: '', headers: {}, ...address };
}
