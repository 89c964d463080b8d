import { distance } from 'fastest-levenshtein';

/** The candidate that a misspelt word most likely meant, or `undefined`. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const away = typingDistance(word.toLowerCase(), candidate.toLowerCase());
    if (away < bestDistance) [best, bestDistance] = [candidate, away];
  }
  return best;
}

const LONGEST_WITH_SWAPS = 40;

/** The edits between two words, where two neighbours in the wrong order are one edit. */
function typingDistance(word: string, meant: string): number {
  const plain = distance(word, meant);
  if (plain < 2 || word.length > LONGEST_WITH_SWAPS) return plain;
  const swapped = Array.from({ length: word.length - 1 }, (_, at) => 1 + distance(withSwap(word, at), meant));
  return Math.min(plain, ...swapped);
}

function withSwap(word: string, at: number): string {
  return `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`;
}
