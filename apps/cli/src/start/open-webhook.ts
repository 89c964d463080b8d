import type { Host } from '@capstan/host';
import { type Log, startApprovalWebhook } from '@capstan/server';
import type { SettingsReading } from '../read-settings.ts';
import { resolvedTexts } from './resolved-texts.ts';

/** What {@link openWebhook} takes. */
export interface WebhookParts {
  readonly host: Host;
  readonly settings: SettingsReading['settings'] | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative `file:` references are relative to. */
  readonly folder: string;
  readonly log: Log;
}

/** Tells the webhook of the settings, where there is one, of calls that wait for an operator. */
export function openWebhook({ host, settings, env, folder, log }: WebhookParts, stack: AsyncDisposableStack): void {
  const webhook = settings?.approvals.webhook;
  if (settings === undefined || webhook === undefined) return;
  const { url = '', secret = '' } = resolvedTexts(
    { url: webhook.url, secret: webhook.secret },
    { name: 'approvals.webhook', env, folder },
  );
  const { allowPrivate } = settings.egress;
  stack.defer(startApprovalWebhook({ host, allowPrivate, url, secret, clock: { now: Date.now }, logger: log.logger }));
}
