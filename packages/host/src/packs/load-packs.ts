import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { loadManifestFolder, type PackManifest } from '@capstan/manifest';
import type { Diagnostic } from '@capstan/schema';
import { CapstanError } from '@capstan/sdk';
import { declaredServers } from '../mcp/pack-servers.ts';
import type { HostSettings } from '../settings/host-settings.ts';
import { type JoinedManifest, joinSources } from '../sources/join-sources.ts';
import { sourceDiagnostics } from '../sources/source-diagnostics.ts';
import { workflowDiagnostics } from '../workflows/pack-workflows.ts';
import type { FoundPack } from './find-packs.ts';
import type { Pack, PackBody } from './pack.ts';

/**
 * Loads what was found. A pack that cannot be loaded stays in the list as rejected, with its reasons; the others load.
 * Of two packs with one code the first stays, and the second's error names both folders.
 *
 * A pack's code is its author's own claim. Where two places claim one code, only a place that the operator named gets
 * it (`from:`); without one nobody does: else whoever sorts first would inherit trust, config and variables.
 */
export function loadPacks(
  found: readonly FoundPack[],
  settings: HostSettings,
  capstanVersion: string,
): ReadonlyMap<string, Pack> {
  const packs = new Map<string, Pack>();
  const claims = Map.groupBy(
    found.map((place) => ({ place, pack: loadPack(place, settings, capstanVersion) })),
    ({ pack }) => pack.code,
  );
  for (const [code, claimants] of claims) {
    const owner = claimants.length === 1 ? claimants[0] : claimants.find(({ place }) => place.named);
    if (owner) packs.set(code, owner.pack);
    for (const { pack } of claimants) {
      if (pack !== owner?.pack) packs.set(`${code} (${pack.origin})`, notOwner(pack, claimants, owner?.pack));
    }
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
  const joined =
    loading.manifest === undefined ? undefined : joinSources(loading.manifest, place.folder, loading.locate);
  return {
    code,
    folder: place.folder,
    origin: place.origin,
    trusted,
    settings: own,
    diagnostics: [
      ...loading.diagnostics,
      ...sourceDiagnostics(joined?.findings ?? [], loading.locate),
      ...(loading.manifest === undefined ? [] : workflowDiagnostics(loading.manifest, loading.locate)),
    ],
    body: bodyOf({ joined, diagnostics: loading.diagnostics, place, trusted }),
  };
}

function bodyOf(found: {
  readonly joined: JoinedManifest | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly place: FoundPack;
  readonly trusted: boolean;
}): PackBody {
  const { joined, place } = found;
  if (!joined) return { kind: 'rejected', error: manifestRejected(place, found.diagnostics) };
  const { manifest, works } = joined;
  const unexpected = place.settings && place.settings.key !== manifest.code && place.settings.key !== place.packageName;
  if (unexpected) return { kind: 'rejected', error: codeMismatch(place, manifest) };
  if (!found.trusted && needsTrust(manifest)) return { kind: 'rejected', error: untrusted(manifest, place.origin) };
  return { kind: 'loaded', manifest, works };
}

function needsTrust(manifest: PackManifest): boolean {
  return manifest.tools.some((tool) => tool.backend.kind === 'code') || commandOf(manifest) !== undefined;
}

/** The first MCP server that runs as a process here. */
function commandOf(manifest: PackManifest): string | undefined {
  for (const [name, { command }] of declaredServers(manifest)) if (command !== undefined) return name;
  return undefined;
}

function untrusted(manifest: PackManifest, origin: string): CapstanError {
  const { code, tools } = manifest;
  const tool = tools.find(({ backend }) => backend.kind === 'code');
  const what =
    tool === undefined ? `starts a process (${commandOf(manifest)})` : `runs code of its author (${tool.name})`;
  return new CapstanError('CAPSTAN_PACK_UNTRUSTED', `the pack ${code} ${what}, and nobody trusts it yet`, {
    hint: `Read its code; if you trust it, add to capstan.yaml:\n  packs:\n    ${code}:\n      from: ${origin}\n      trust: in_process`,
  });
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

function notOwner(pack: Pack, claimants: readonly { readonly pack: Pack }[], owner: Pack | undefined): Pack {
  const origins = claimants.map(({ pack: { origin } }) => origin).join(', ');
  const error = new CapstanError(
    'CAPSTAN_PACK_REJECTED',
    owner
      ? `two packs have the code ${pack.code}: ${owner.origin} is loaded, ${pack.origin} is not`
      : `several packs claim the code ${pack.code} (${origins}), and nobody said which one is meant`,
    { hint: `Name the right one in capstan.yaml, packs.${pack.code}.from, or change the code of the others.` },
  );
  return { ...pack, code: `${pack.code} (${pack.origin})`, trusted: false, body: { kind: 'rejected', error } };
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
