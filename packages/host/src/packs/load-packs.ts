import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { loadManifestFolder, type ManifestLoading, type PackManifest } from '@capstan/manifest';
import type { Diagnostic } from '@capstan/schema';
import { CapstanError } from '@capstan/sdk';
import { declaredServers } from '../mcp/pack-servers.ts';
import type { HostSettings } from '../settings/host-settings.ts';
import type { FoundPack } from './find-packs.ts';
import type { Pack, PackBody } from './pack.ts';

/**
 * Loads what was found. A pack that cannot be loaded stays in the list as rejected, with its reasons; the others load.
 * Of two packs with one code the first stays, and the second's error names both folders.
 */
export function loadPacks(
  found: readonly FoundPack[],
  settings: HostSettings,
  capstanVersion: string,
): ReadonlyMap<string, Pack> {
  const packs = new Map<string, Pack>();
  for (const place of found) {
    const pack = loadPack(place, settings, capstanVersion);
    const first = packs.get(pack.code);
    if (first) packs.set(`${pack.code} (${pack.origin})`, duplicateOf(first, pack));
    else packs.set(pack.code, pack);
  }
  for (const missing of missingPacks(packs, settings)) packs.set(missing.code, missing);
  return packs;
}

function loadPack(place: FoundPack, settings: HostSettings, capstanVersion: string): Pack {
  if (!existsSync(place.folder)) return missingFolder(place);
  const loading = loadManifestFolder(place.folder, { displayPath: place.origin, capstanVersion });
  const code = loading.manifest?.code ?? place.settings?.key ?? basename(place.folder);
  const own = place.settings ?? settings.packs.get(code) ?? settings.packs.get(place.packageName ?? code);
  const trusted = own?.trust === 'in_process';
  return {
    code,
    folder: place.folder,
    origin: place.origin,
    trusted,
    settings: own,
    diagnostics: loading.diagnostics,
    body: bodyOf(loading, place, trusted),
  };
}

function bodyOf(loading: ManifestLoading, place: FoundPack, trusted: boolean): PackBody {
  const { manifest, diagnostics } = loading;
  if (!manifest) return { kind: 'rejected', error: manifestRejected(place, diagnostics) };
  const unexpected = place.settings && place.settings.key !== manifest.code && place.settings.key !== place.packageName;
  if (unexpected) return { kind: 'rejected', error: codeMismatch(place, manifest) };
  if (!trusted && needsTrust(manifest)) return { kind: 'rejected', error: untrusted(manifest) };
  return { kind: 'loaded', manifest };
}

function needsTrust(manifest: PackManifest): boolean {
  return manifest.tools.some((tool) => tool.backend.kind === 'code') || commandOf(manifest) !== undefined;
}

/** The first MCP server that runs as a process here. */
function commandOf(manifest: PackManifest): string | undefined {
  for (const [name, { command }] of declaredServers(manifest)) if (command !== undefined) return name;
  return undefined;
}

function untrusted(manifest: PackManifest): CapstanError {
  const { code, tools } = manifest;
  const tool = tools.find(({ backend }) => backend.kind === 'code');
  const what = tool === undefined ? `starts a process (${commandOf(manifest)})` : `runs code of its author (${tool.name})`;
  return new CapstanError(
    'CAPSTAN_PACK_UNTRUSTED',
    `the pack ${code} ${what}, and nobody trusts it yet`,
    {
      hint: `Read its code; if you trust it, add to capstan.yaml:\n  packs:\n    ${code}:\n      trust: in_process`,
    },
  );
}

function manifestRejected(place: FoundPack, diagnostics: readonly Diagnostic[]): CapstanError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const first = errors[0];
  const where = first
    ? `${first.position.path}:${first.position.line}:${first.position.column} ${first.message}`
    : 'it holds no manifest';
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new CapstanError('CAPSTAN_PACK_REJECTED', `the pack in ${place.origin} cannot be loaded: ${where}${more}`, {
    hint: `Run "capstan pack validate ${place.origin}" for all of it.`,
  });
}

function codeMismatch(place: FoundPack, manifest: PackManifest): CapstanError {
  return new CapstanError(
    'CAPSTAN_PACK_REJECTED',
    `capstan.yaml calls the pack in ${place.origin} ${place.settings?.key}, but its manifest says ${manifest.code}`,
    { hint: `Rename the key under "packs" to ${manifest.code}.` },
  );
}

function missingFolder(place: FoundPack): Pack {
  const code = place.settings?.key ?? place.origin;
  const what =
    place.packageName === undefined
      ? `no folder ${place.origin}`
      : `the npm package ${place.packageName} is not installed`;
  return rejectedPack(
    code,
    place,
    new CapstanError('CAPSTAN_PACK_REJECTED', `${what} (pack ${code})`, {
      hint:
        place.packageName === undefined ? 'Correct "from" in capstan.yaml.' : `Run "npm install ${place.packageName}".`,
    }),
  );
}

function duplicateOf(first: Pack, second: Pack): Pack {
  const error = new CapstanError(
    'CAPSTAN_PACK_REJECTED',
    `two packs have the code ${first.code}: ${first.origin} is loaded, ${second.origin} is not`,
    { hint: 'Change the code of one of them, or leave one of the folders out.' },
  );
  return { ...second, code: `${second.code} (${second.origin})`, body: { kind: 'rejected', error } };
}

/** Packs that the settings speak of, or enable, and that nobody found. */
function missingPacks(packs: ReadonlyMap<string, Pack>, settings: HostSettings): readonly Pack[] {
  const known = new Set(
    [...packs.values()].flatMap((pack) => [pack.code, pack.settings?.key ?? pack.code, pack.origin]),
  );
  const wanted = new Set([
    ...settings.packs.keys(),
    ...[...settings.workspaces.values()].flatMap(({ packs: names }) => names),
  ]);
  return [...wanted.difference(known)].map((code) =>
    rejectedPack(
      code,
      { folder: '', origin: '', named: true },
      new CapstanError(
        'CAPSTAN_PACK_REJECTED',
        `capstan.yaml names the pack ${code}, but no folder and no npm package holds it`,
        {
          hint: 'Add its folder under "discover", or "from" under "packs"; an npm package must be a direct dependency.',
        },
      ),
    ),
  );
}

function rejectedPack(code: string, place: FoundPack, error: CapstanError): Pack {
  return {
    code,
    folder: place.folder,
    origin: place.origin,
    trusted: false,
    settings: place.settings,
    diagnostics: [],
    body: { kind: 'rejected', error },
  };
}
