import { pathInPack } from '../pack-files.ts';
import type { ToolBackend } from '../pack-manifest.ts';
import type { ReadingContext } from './reading-context.ts';

/** Packages in which the older dialects keep their Python code. */
const PYTHON_ROOTS = new Set(['app', 'backend', 'capabilities', 'mindscape']);
const WAYS_OUT =
  "Declare the tool as a remote call ('remote:'), serve it behind an MCP server ('mcp:'), or write it in TypeScript.";
/** Where code may stand in a pack, and how it may end; the host looks in the same places. */
export const CODE_PLACES: readonly string[] = ['', 'dist/', 'src/'];
export const CODE_ENDINGS: readonly string[] = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/** What `backend:` names, or why it names nothing that can be. */
export type CodeReading =
  | { readonly backend: ToolBackend; readonly unsupported?: { readonly message: string; readonly hint: string } }
  | { readonly problem: string };

/** Reads `"module:export"`. */
export function readCodeBackend(declared: string, { code, files }: ReadingContext): CodeReading {
  const colon = declared.lastIndexOf(':');
  const written = declared.slice(0, colon);
  const name = declared.slice(colon + 1);
  if (isPython(written, name, code)) return unsupported(declared);
  const module = moduleOf(written, code);
  if (module === undefined) return { problem: `'${written}' is no module of the pack` };
  if (isPythonOnly(module, files.has)) return unsupported(declared);
  return { backend: { kind: 'code', declared, module, exportNames: [...new Set([name, camelCase(name)])] } };
}

/**
 * Python shows by its form: an export `Class.method`, a `.py` file, or a module in one of the packages of the older
 * dialects, unless the pack itself is called so. A dotted module of the pack's own is no sign: the seed's form has one.
 */
function isPython(module: string, name: string, code: string): boolean {
  const [root = ''] = module.split('.');
  return (
    name.includes('.') || /\.pyc?$/.test(module) || (root !== code && PYTHON_ROOTS.has(root) && module.includes('.'))
  );
}

/** With the folder at hand: a module that is there as Python, and not as JavaScript or TypeScript. */
function isPythonOnly(module: string, has: (path: string) => boolean | undefined): boolean {
  if (has(`${module}.py`) !== true && has(`${module}/__init__.py`) !== true) return false;
  return !CODE_PLACES.some((place) =>
    CODE_ENDINGS.some((ending) => /\.[cm]?[jt]s$/.test(`${module}${ending}`) && has(`${place}${module}${ending}`)),
  );
}

function unsupported(declared: string): CodeReading {
  const reason = `the backend '${declared}' is Python, which does not run here`;
  return {
    backend: { kind: 'unsupported', declared, reason: `${reason}. ${WAYS_OUT}` },
    unsupported: { message: reason, hint: WAYS_OUT },
  };
}

/** The module as a path in the pack: `./dist/tools.js` and `tools` as written, `pack_code.tools` without the pack code. */
function moduleOf(written: string, code: string): string | undefined {
  const isPath = written.includes('/') || /\.[cm]?[jt]s$/.test(written);
  if (isPath) return pathInPack(written) === undefined ? undefined : written;
  const dotted = written.startsWith(`${code}.`) ? written.slice(code.length + 1) : written;
  if (!/^[A-Za-z0-9_$-]+(?:\.[A-Za-z0-9_$-]+)*$/.test(dotted)) return undefined;
  return dotted.replaceAll('.', '/');
}

function camelCase(name: string): string {
  return name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
