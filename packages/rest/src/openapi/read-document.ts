import { formatDiagnostic, hasErrors, readYaml } from '@capstan/schema';

/** A document that was read, or what is wrong with its notation. */
export type DocumentReading =
  | { readonly ok: true; readonly document: unknown }
  /** Each with place, code frame and hint. */
  | { readonly ok: false; readonly problems: readonly string[] };

const MAX_BYTES = 64 * 1024 * 1024;

/** Reads the text of an OpenAPI document, JSON or YAML. Never throws. */
export function readOpenApiText(text: string, path: string): DocumentReading {
  const json = text.length <= MAX_BYTES && /^\s*\{/.test(text) ? parseJson(text) : undefined;
  if (json) return { ok: true, document: json.value };
  const reading = readYaml(text, { path, codePrefix: 'CAPSTAN_OPENAPI', maxBytes: MAX_BYTES });
  if (!hasErrors(reading.diagnostics)) return { ok: true, document: reading.value };
  return { ok: false, problems: reading.diagnostics.map(formatDiagnostic) };
}

/** The quick way for what machines write. `undefined` for anything else: the YAML reader says what is wrong, and where. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
