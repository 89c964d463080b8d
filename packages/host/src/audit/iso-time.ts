let lastMs = 0;
let lastIso = '';

/** ISO 8601. Many calls begin in the same millisecond. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) [lastMs, lastIso] = [ms, new Date(ms).toISOString()];
  return lastIso;
}
