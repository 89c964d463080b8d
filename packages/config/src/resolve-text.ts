import { type ReferenceRights, readText } from './reference-reader.ts';
import type { ConfigLayerValues, ConfigProblem, ConfigRequest } from './types.ts';

/** A text outside any pack's config that may hold references: a key's value, a connection's `remote_connection_id`. */
export interface TextRequest {
  readonly text: string;
  /** How messages name it: `keys.ci.value`. */
  readonly name: string;
  readonly references: ConfigLayerValues['references'];
  readonly variables: ConfigRequest['environment']['variables'];
  readonly readFile: ConfigRequest['readFile'];
}

/** The outcome of {@link resolveText}. An empty value counts as not set, as everywhere. */
export type TextResolution =
  | { readonly ok: true; readonly value: string; readonly isReference: boolean }
  | { readonly ok: false; readonly problem: ConfigProblem };

/** Resolves the references in one text, by the same rules as config. */
export function resolveText({ text, name, references, variables, readFile }: TextRequest): TextResolution {
  const rights: ReferenceRights = references === 'operator' ? { kind: 'operator' } : { kind: 'listed', ...references };
  const reading = readText(text, rights, { variables, readFile });
  switch (reading.kind) {
    case 'literal':
      return { ok: true, value: text, isReference: false };
    case 'resolved':
      return { ok: true, value: reading.value, isReference: true };
    // Only the text of a manifest can be absent, and that never comes here.
    case 'absent':
      return { ok: true, value: '', isReference: true };
    case 'failed': {
      const { code, fact, hint } = reading;
      return { ok: false, problem: { key: name, code, message: `${name}: ${fact}`, hint } };
    }
  }
}
