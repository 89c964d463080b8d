/**
 * How long a `Retry-After` header asks to wait (RFC 9110, section 10.2.3: seconds or an HTTP date), in ms from `now`.
 * `undefined` where it says nothing that can be understood.
 */
export function retryAfterMs(value: string | readonly string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) {
    const ms = Number(text) * 1_000;
    return Number.isSafeInteger(ms) ? ms : undefined;
  }
  // Only dates that begin with the name of a day: Date.parse also takes "-1" and "1.5".
  const date = /^[A-Z][a-z]{2,8}\b/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
