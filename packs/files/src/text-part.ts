/** A part of a file's text. */
export interface TextPart {
  readonly text: string;
  /** How many bytes of the file it stands for. */
  readonly bytes: number;
}

const LONGEST_CHARACTER = 4;

/**
 * The text of a part of a file, cut where its last character ends: the next part begins with a whole one. Undefined where
 * the bytes are no UTF-8, or have a NUL, which no text file has.
 */
export function textPart(bytes: Buffer, isEnd: boolean): TextPart | undefined {
  if (bytes.includes(0)) return undefined;
  const longestCut = isEnd ? 0 : Math.min(LONGEST_CHARACTER - 1, Math.max(0, bytes.length - 1));
  for (let cut = 0; cut <= longestCut; cut += 1) {
    const kept = bytes.subarray(0, bytes.length - cut);
    const text = decoded(kept);
    if (text !== undefined) return { text, bytes: kept.length };
  }
  return undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    // The caller cuts it shorter, or says that it is no text.
    return undefined;
  }
}
