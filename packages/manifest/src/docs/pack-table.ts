import type { PackManifest } from '../pack-manifest.ts';
import { cell, code, table } from './markdown.ts';

/** A pack in a table of packs. */
export interface ListedPack {
  readonly manifest: PackManifest;
  /** Where its folder is, from the page that has the table. */
  readonly path: string;
}

/** A table of packs in Markdown, by their codes: what each is for, its tools, and what it wants before it runs. */
export function packTable(packs: readonly ListedPack[]): string {
  const rows = packs
    .toSorted((one, other) => (one.manifest.code < other.manifest.code ? -1 : 1))
    .map(({ manifest, path }) => [
      `[${manifest.code}](${path}/README.md)`,
      cell(manifest.description),
      cell(manifest.tools.map(({ name }) => code(name)).join(', ') || sourcesOf(manifest)),
      cell(wantsOf(manifest)),
    ]);
  return table(['pack', 'what it is for', 'tools', 'wants'], rows);
}

/** Where the tools come from that the manifest does not list itself. */
function sourcesOf({ sources }: PackManifest): string {
  const servers = sources.mcp_servers;
  if (typeof servers === 'object' && servers !== null) return `those of ${Object.keys(servers).map(code).join(', ')}`;
  return Object.keys(sources).length === 0 ? 'none' : `those of its ${Object.keys(sources).map(code).join(', ')} files`;
}

function wantsOf({ configSchema, tools, sources }: PackManifest): string {
  const { required } = configSchema;
  const servers = sources.mcp_servers;
  const runsPrograms = typeof servers === 'object' && servers !== null && JSON.stringify(servers).includes('"command"');
  const runsCode = runsPrograms || tools.some(({ backend }) => backend.kind === 'code');
  return [...required.map(code), ...(runsCode ? ['trust'] : [])].join(', ') || 'nothing';
}
