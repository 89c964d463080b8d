import { sourceText } from '@capstan/schema';
import type { PackFiles } from '../pack-files.ts';
import type { PlacedDocument, Report } from '../report.ts';
import { codeFiles } from './code-files.ts';
import { lintText } from './lint-text.ts';
import { PYTHON, SCRIPT, type StringLiteral, stringLiterals } from './string-literals.ts';

/** Looks through the texts in the code files of a pack. Files over 1 MiB are generated, and passed over. */
export function lintCode(folder: string, files: PackFiles, egress: readonly string[], report: Report): void {
  for (const path of codeFiles(folder)) {
    const reading = files.read(path);
    if (!reading.ok || reading.text.length > MAX_LENGTH) continue;
    lintFile({ path, text: reading.text }, egress, report);
  }
}

const MAX_LENGTH = 1024 * 1024;

function lintFile(
  { path, text }: { readonly path: string; readonly text: string },
  egress: readonly string[],
  report: Report,
): void {
  const source = sourceText(report.pathBeside(path), text);
  const notation = path.endsWith('.py') ? PYTHON : SCRIPT;
  for (const literal of stringLiterals(text, notation)) {
    const placeOf = (offset: number): PlacedDocument => ({
      locate: () => source.positionAt(literal.start + offset),
      frame: source.frame,
    });
    const linted = {
      text: literal.text,
      name: literal.name,
      isDocumentation: isDocumentation(literal, path),
      path: [],
      placeOf,
    };
    lintText(linted, egress, report);
  }
}

/** A text over several lines in Python is a docstring more often than not. */
function isDocumentation({ isLong }: StringLiteral, path: string): boolean {
  return isLong && path.endsWith('.py');
}
