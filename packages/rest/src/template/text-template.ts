/** A piece of text: as it stands, an argument of the call, or a setting of the pack. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'argument'; readonly name: string }
  | { readonly kind: 'config'; readonly key: string };

/** A text that was read, or why it cannot be. */
export type TextReading =
  | { readonly ok: true; readonly segments: readonly Segment[] }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const TOKEN = /\$\{([^}]*)\}|\{\{|\{([^{}\s]+)\}/g;
const CONFIG_KEY = /^config\.([A-Za-z_][\w-]*(?:\.[\w-]+)*)$/;

/**
 * Finds `{argument}` and `${config.key}` in a text. `{{` stands for a brace; a brace that opens no slot is itself.
 */
export function readText(text: string): TextReading {
  const segments: Segment[] = [];
  let literal = '';
  let at = 0;
  const flush = (): void => {
    if (literal !== '') segments.push({ kind: 'literal', text: literal });
    literal = '';
  };
  for (const match of text.matchAll(TOKEN)) {
    literal += text.slice(at, match.index);
    at = match.index + match[0].length;
    const slot = slotOf(match);
    if (slot === undefined) return unknownReference(match[0]);
    if (slot.kind === 'literal') {
      literal += slot.text;
      continue;
    }
    flush();
    segments.push(slot);
  }
  literal += text.slice(at);
  flush();
  return { ok: true, segments };
}

function slotOf([whole, reference, argument]: RegExpExecArray): Segment | undefined {
  if (argument !== undefined) return { kind: 'argument', name: argument };
  if (reference === undefined) return { kind: 'literal', text: whole.slice(1) };
  const key = CONFIG_KEY.exec(reference)?.[1];
  return key === undefined ? undefined : { kind: 'config', key };
}

function unknownReference(text: string): TextReading {
  return {
    ok: false,
    message: `${text} means nothing in an http backend`,
    hint: `Write \${config.key} for a setting of the pack (its env_var names the variable), {name} for an argument.`,
  };
}
