// Imports as Biome formats them: a static one starts its line, so that no parser is needed to find it.

const STATIC =
  /^(?:import|export)\s+(?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)?\s*from\s*['"]([^'"]+)['"]/gm;
const BARE = /^import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;

/** Strings are matched to be passed over: a `//` inside one starts no comment. */
const STRING_OR_COMMENT = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** The text with comments blanked out, so that lines and columns stay. */
function withoutComments(text) {
  return text.replace(STRING_OR_COMMENT, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found));
}

/** The text without comments and with its strings emptied. Templates stay: they hold code. */
export function withoutCommentsAndStrings(text) {
  return text.replace(STRING_OR_COMMENT, (found) => (found.startsWith('`') ? found : found.replace(/[^\n]/g, ' ')));
}

/** @returns {readonly { specifier: string, line: number }[]} what a file imports; types and dynamic imports too */
export function importsOf(text) {
  const code = withoutComments(text);
  return [STATIC, BARE, DYNAMIC]
    .flatMap((pattern) =>
      [...code.matchAll(pattern)].map((match) => ({
        specifier: match[1],
        line: lineAt(code, match.index),
        isType: /^\s*(?:import|export)\s+type\b/.test(match[0]),
      })),
    )
    .sort((a, b) => a.line - b.line);
}

/** The line of an offset, from 1. */
export function lineAt(text, offset) {
  return text.slice(0, offset).split('\n').length;
}

/** `@capstan/sdk` of `@capstan/sdk/x`; undefined for a relative path, a Node module or a `#` import. */
export function packageNameOf(specifier) {
  if (/^(?:\.|\/|#|node:)/.test(specifier)) return undefined;
  const [scope, name] = specifier.split('/');
  return specifier.startsWith('@') ? `${scope}/${name}` : scope;
}
