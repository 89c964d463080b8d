const FIRST_MS = 100;
const LONGEST_MS = 5000;

/** The pause after so many failures in a row, ms. Half of it is chance: replicas must not come back all at once. */
export function reconnectDelayMs(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return longest / 2 + (random() * longest) / 2;
}
