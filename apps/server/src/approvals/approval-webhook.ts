import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '@capstan/host';
import { createHttpClient, type HttpClient } from '@capstan/http';
import { CapstanError, type Clock, type Logger } from '@capstan/sdk';
import { approvalJson } from '../rest/approval-routes.ts';

/** What {@link startApprovalWebhook} takes. */
export interface ApprovalWebhookOptions {
  readonly host: Host;
  /** CIDR ranges that it may be in although they are not globally routable. */
  readonly allowPrivate: readonly string[];
  readonly url: string;
  /** Signs what is sent. */
  readonly secret: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between attempts, in ms; as many as it has members, one attempt more. */
  readonly pausesMs?: readonly number[];
}

const TIMEOUT_MS = 10_000;
const PAUSES_MS = [1_000, 5_000, 30_000] as const;
/** More that wait to be told at once are told to the log alone. */
const MAX_WAITING = 100;

/**
 * Tells somebody of every approval that is asked for.
 *
 * 1. `X-Capstan-Signature` is `t={seconds},v1={hex}`: HMAC-SHA-256 of `{t}.{body}`, so that nobody replays an old one.
 * 2. What is not taken (anything but 2xx) is sent again after each pause; the approval itself waits in any case.
 * 3. At most MAX_WAITING messages are on their way; closing ends them.
 */
export function startApprovalWebhook(options: ApprovalWebhookOptions): () => Promise<void> {
  const { host, url, logger, allowPrivate } = options;
  const http = createHttpClient({ egress: { allowPrivate } });
  const target = http.target(url.replace(/\/+$/, ''), undefined);
  const stop = new AbortController();
  let waiting = 0;
  const off = host.on('approval:requested', ({ approval }) => {
    if (waiting >= MAX_WAITING) return logger.warn('too many approvals to tell of', { approval: approval.id });
    waiting += 1;
    const body = JSON.stringify({ event: 'approval.requested', approval: approvalJson(approval) });
    deliver({ ...options, http }, { target, body }, stop.signal)
      .catch((cause: unknown) => {
        if (!stop.signal.aborted)
          logger.error('the webhook of approvals does not answer', { approval: approval.id, cause });
      })
      .finally(() => {
        waiting -= 1;
      });
  });
  return async () => {
    off();
    stop.abort();
    await http.close();
  };
}

async function deliver(
  { http, secret, clock, pausesMs = PAUSES_MS }: ApprovalWebhookOptions & { readonly http: HttpClient },
  { target, body }: { readonly target: ReturnType<HttpClient['target']>; readonly body: string },
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const headers = {
        'content-type': 'application/json',
        'x-capstan-signature': signature(body, secret, clock.now()),
      };
      const exchange = { target, method: 'POST', path: '', headers, body, timeoutMs: TIMEOUT_MS, signal };
      const { status } = await http.exchange(exchange);
      if (status >= 200 && status < 300) return;
      throw new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', `it answered with the status ${status}`);
    } catch (error) {
      const pauseMs = pausesMs[attempt];
      if (pauseMs === undefined || signal.aborted) throw error;
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

function signature(body: string, secret: string, now: number): string {
  const seconds = Math.floor(now / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
