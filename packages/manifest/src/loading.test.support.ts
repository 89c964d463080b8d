import { type Diagnostic, formatDiagnostic } from '@capstan/schema';
import { loadManifest, type ManifestText } from './load-manifest.ts';
import type { ManifestLoading, ManifestTool, PackManifest } from './pack-manifest.ts';

type Options = Partial<Omit<ManifestText, 'text'>> & { readonly files?: Readonly<Record<string, string>> };

/** Loads a manifest from text, with the files of its pack by their names. */
export function load(text: string, { files = {}, ...options }: Options = {}): ManifestLoading {
  const readFile = (path: string): string => {
    const content = files[path];
    if (content === undefined) throw new Error(`no ${path}`);
    return content;
  };
  return loadManifest({ path: 'manifest.yaml', text, readFile, ...options });
}

/** The manifest of a text that has one; otherwise what is wrong with it is the error. */
export function manifestOf(text: string, options?: Options): PackManifest {
  const { manifest, diagnostics } = load(text, options);
  if (!manifest) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  return manifest;
}

/** The first tool of a manifest with one tool, which is given as the lines under its name. */
export function toolOf(lines: string, options?: Options): ManifestTool {
  const [tool] = manifestOf(withTool(lines), options).tools;
  if (!tool) throw new Error('no tool');
  return tool;
}

/** A manifest with a `base_url` setting and one tool, `area.act`, with more keys. */
export function withTool(lines = ''): string {
  const keys = lines.split('\n').map((line) => `    ${line}`);
  return `${HEAD}tools:\n  - name: area.act\n${keys.join('\n')}\n`;
}

/** The first lines of a manifest: what it must have, and a `base_url` setting, so that tools need no backend. */
export const HEAD = 'code: sample\nversion: 1.0.0\nconfig: { schema: [{ name: base_url }] }\n';

/** A diagnostic in one line: the code without its prefix, and the place. */
export function brief({ code, position }: Diagnostic): string {
  return `${code.replace('CAPSTAN_MANIFEST_', '')} ${position.line}:${position.column}`;
}

/** The findings of a text, brief. */
export function findings(text: string, options?: Options): readonly string[] {
  return load(text, options).diagnostics.map(brief);
}

/** Everything that is said about a text, as a person reads it. */
export function said(text: string, options?: Options): string {
  return load(text, options).diagnostics.map(formatDiagnostic).join('\n');
}
