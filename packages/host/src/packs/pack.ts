import type { PackManifest } from '@capstan/manifest';
import type { Diagnostic } from '@capstan/schema';
import type { CapstanError } from '@capstan/sdk';
import type { PackSettings } from '../settings/host-settings.ts';
import type { UniverseWork } from '../sources/joined-source.ts';

/** A pack that the host found, whether it can run or not. */
export interface Pack {
  /** The pack code; the folder's name where the manifest gives none. */
  readonly code: string;
  /** Absolute. */
  readonly folder: string;
  /** How a person finds it: the folder relative to the settings, or the npm package. */
  readonly origin: string;
  /** Where code, a stdio server or a native dependency may run: what the operator said. */
  readonly trusted: boolean;
  readonly settings: PackSettings | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly body: PackBody;
}

/** What became of a pack's manifest. */
export type PackBody =
  | {
      readonly kind: 'loaded';
      /** With the tools of its sources. */
      readonly manifest: PackManifest;
      /** How the tools of its ToolUniverse files work, by name. */
      readonly works: ReadonlyMap<string, UniverseWork>;
    }
  | { readonly kind: 'rejected'; readonly error: CapstanError };
