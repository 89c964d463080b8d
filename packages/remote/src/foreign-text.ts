import { maskSecrets } from '@capstan/schema';
import type { JsonValue } from '@capstan/sdk';

/** The longest message of a remote service that is passed on. */
const MAX_MESSAGE_LENGTH = 2_000;

/** Masking looks for every secret in the whole text, so a text of megabytes is cut before. */
const MAX_SCANNED_LENGTH = 16_384;
/** What that cut may have left of a secret is cut off as well. */
const MARGIN = 4_096;
const MAX_DETAILS_LENGTH = 8_000;

/** Text of a remote service as it may reach a caller: without any secret of this host, and not too long. */
export function foreignText(text: string, limit: number = MAX_MESSAGE_LENGTH): string {
  if (text.length <= MAX_SCANNED_LENGTH) return maskSecrets(text).slice(0, limit);
  const masked = maskSecrets(text.slice(0, MAX_SCANNED_LENGTH));
  return masked.slice(0, Math.min(limit, Math.max(0, masked.length - MARGIN)));
}

/** Details of a remote error as they may reach a caller, or `undefined` where they are too long or cannot be masked. */
export function foreignDetails(details: JsonValue | undefined): JsonValue | undefined {
  if (details === undefined || details === null) return undefined;
  try {
    const text = JSON.stringify(details);
    return text.length > MAX_DETAILS_LENGTH ? undefined : JSON.parse(maskSecrets(text));
  } catch {
    // Nested too deeply to be written, or masked across a quotation mark: the message still says what happened.
    return undefined;
  }
}
