import type { SourcePosition } from '@capstan/schema';
import { CapstanError } from '@capstan/sdk';
import type { Pack } from '../packs/pack.ts';
import type { HostSettings } from '../settings/host-settings.ts';
import { namesOf } from '../state/declared-state.ts';

/** What somebody changes there, not here. */
export function ownedByFile(what: string, { path, line, column }: SourcePosition): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', `${path}:${line}:${column} declares ${what}`, {
    hint: `Change it in ${path} and run "capstan apply"; what a file declares is read-only elsewhere.`,
    details: { path, line, column },
  });
}

/** Where a file enables a pack; undefined where it does not. */
export function enablementIn(settings: HostSettings, workspace: string, pack: Pack): SourcePosition | undefined {
  const declared = settings.workspaces.get(workspace)?.packs ?? [];
  const index = declared.findIndex((name) => namesOf(pack).includes(name));
  return index < 0 ? undefined : settings.locate(['workspaces', workspace, 'packs', index]);
}

/** Where a file sets a key of a pack's config; undefined where it does not. */
export function configKeyIn({ settings }: Pack, key: string): SourcePosition | undefined {
  if (settings === undefined || !Object.hasOwn(settings.config.values, key)) return undefined;
  const source = settings.config.sourceOf([key]);
  return source.kind === 'file' ? source : settings.position;
}

/** Where a file declares a connection that goes by an id or name; undefined where it does not. */
export function connectionIn(settings: HostSettings, workspace: string, idOrName: string): SourcePosition | undefined {
  const declared = settings.workspaces.get(workspace)?.connections ?? [];
  return declared.find(({ id, name }) => id === idOrName || name === idOrName)?.position;
}
