import type { DocumentPath } from '@capstan/schema';
import type { Finding, PlacedDocument, Report } from '../report.ts';
import { secretIn } from './secret-shapes.ts';
import { urlsIn } from './url-shapes.ts';

/** A text of a pack, and where it stands. */
export interface LintedText {
  readonly text: string;
  /** The name that it is given to. */
  readonly name: string | undefined;
  /** Documentation may name addresses. */
  readonly isDocumentation: boolean;
  readonly path: DocumentPath;
  /** The place of what starts at an offset of the text. */
  readonly placeOf: (offset: number) => PlacedDocument | undefined;
}

/** Says what in a text should be a setting: addresses and credentials. The credential itself is shown nowhere. */
export function lintText(linted: LintedText, egress: readonly string[], report: Report): void {
  const { text, name, path, placeOf } = linted;
  const secret = secretIn(text, name);
  if (secret) {
    const finding = { message: `this looks like ${secret.what}`, hint: SECRET_HINT, hidden: secret.token };
    report.add('CAPSTAN_PACK_LITERAL_SECRET', path, placed(finding, placeOf(secret.start)));
  }
  if (linted.isDocumentation) return;
  for (const { url, start } of urlsIn(text, egress)) {
    const message = `the address ${url} is written into the pack`;
    const finding = { message, hint: path.at(-1) === 'default' ? DEFAULT_HINT : URL_HINT };
    report.add('CAPSTAN_PACK_LITERAL_URL', path, placed(finding, placeOf(start)));
  }
}

const SECRET_HINT = "Replace it, since everybody who has the pack has it; take it from a setting with 'secret: true'.";
const URL_HINT =
  "Make it a setting, so that others can point it elsewhere; or list its host under 'egress' if it is fixed.";
const DEFAULT_HINT =
  "Leave the default out, so that nobody calls it unknowingly; show it as 'placeholder', or list its host under 'egress'.";

function placed(finding: Finding, document: PlacedDocument | undefined): Finding {
  return document ? { ...finding, document } : finding;
}
