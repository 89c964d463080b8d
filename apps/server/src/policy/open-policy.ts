import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HostSettings } from '@capstan/host';
import { type CedarPolicy, createCedarPolicy, type PolicySource } from '@capstan/policy/cedar';
import { CapstanError, type Clock } from '@capstan/sdk';

/** What {@link openPolicy} takes. */
export interface OpenPolicyOptions {
  /** Absent: the shipped policies alone. */
  readonly settings: Pick<HostSettings, 'policies' | 'workspaces'> | undefined;
  /** What globs are relative to. */
  readonly cwd: string;
  readonly clock: Clock;
}

/**
 * The shipped policies and those that the settings name.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID for a wrong policy, with its place, and for a glob that finds none
 */
export function openPolicy({ settings, cwd, clock }: OpenPolicyOptions): CedarPolicy {
  return createCedarPolicy({ clock, sources: settings === undefined ? [] : policySources(settings, cwd) });
}

/** The files that the settings name. @throws CapstanError CAPSTAN_CONFIG_INVALID for a glob that finds none */
export function policySources(
  { policies, workspaces }: Pick<HostSettings, 'policies' | 'workspaces'>,
  cwd: string,
): readonly PolicySource[] {
  const everywhere = policies.flatMap((glob) => filesOf(glob, cwd));
  const own = [...workspaces].flatMap(([workspace, { policies: globs }]) =>
    globs.flatMap((glob) => filesOf(glob, cwd)).map((source) => ({ ...source, workspace })),
  );
  return [...unique(everywhere), ...unique(own)];
}

function filesOf(glob: string, cwd: string): readonly PolicySource[] {
  const paths = globSync(glob, { cwd }).sort();
  // A rule that is not there forbids nothing: better no start.
  if (paths.length === 0) {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `no policy file fits ${glob}`, {
      hint: 'Correct "policies" in capstan.yaml; paths are relative to its folder.',
    });
  }
  return paths.map((path) => ({ path, text: readFileSync(resolve(cwd, path), 'utf8') }));
}

/** A file that two globs find is one. */
function unique(sources: readonly PolicySource[]): readonly PolicySource[] {
  return [...new Map(sources.map((source) => [JSON.stringify([source.workspace, source.path]), source])).values()];
}
