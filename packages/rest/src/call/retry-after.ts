import type { HttpAnswer } from '@capstan/http';

/** How long `Retry-After` asks to wait (RFC 9110, section 10.2.3), in ms; `undefined` where it says nothing of use. */
export function retryAfterMs({ headers }: HttpAnswer, now: number): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
