import { type DocumentPath, readYaml } from '@capstan/schema';
import type { PlacedDocument } from '../report.ts';
import type { ReadingContext } from './reading-context.ts';

/** A file beside the manifest: its data, and its places. */
export interface PackDocument {
  readonly value: unknown;
  readonly place: PlacedDocument;
}

/** Reads a JSON or YAML file that the manifest names at `path`. `undefined`, with diagnostics, where that cannot be. */
export function readPackDocument(file: string, path: DocumentPath, context: ReadingContext): PackDocument | undefined {
  const reading = context.files.read(file);
  if (!reading.ok) {
    context.report.add(reading.code, path, { message: reading.message, hint: reading.hint });
    return undefined;
  }
  const document = readYaml(reading.text, { path: context.report.pathBeside(file), codePrefix: 'CAPSTAN_MANIFEST' });
  context.report.adopt(document.diagnostics);
  return document.value === undefined ? undefined : { value: document.value, place: document };
}
