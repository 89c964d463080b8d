/** Controls of terminals (C0 without tab and line feed, DEL, C1), and what turns or hides the text around it (bidi, line separators). */
const CONTROLS = /(?![\t\n])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A stranger's text without control characters: to be quoted where a terminal, a log or a model reads it. */
export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(CONTROLS, '');
}
