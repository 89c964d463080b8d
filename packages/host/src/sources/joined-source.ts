import type { ConfigPropertySchema, ManifestTool } from '@capstan/manifest';
import type { RestPlan } from '@capstan/rest';
import type { DocumentPath, SourcePosition } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';

/** What is wrong with a source of a manifest, or missing from it. */
export interface SourceFinding {
  /** `error`: the source brings nothing. `warning`: it brings less than it holds. */
  readonly severity: 'error' | 'warning';
  /** Where it stands in the manifest. */
  readonly path: DocumentPath;
  readonly message: string;
  readonly hint: string;
}

/** How a tool of a ToolUniverse file works. */
export interface UniverseWork {
  readonly plan: RestPlan;
  /** The keys of the settings without which it does not run. */
  readonly needs: readonly string[];
}

/** What one file brings to a pack. */
export interface JoinedSource {
  readonly tools: readonly ManifestTool[];
  /** How its tools of ToolUniverse work, by name. */
  readonly works: ReadonlyMap<string, UniverseWork>;
  readonly properties: Readonly<Record<string, ConfigPropertySchema>>;
  readonly required: readonly string[];
  /** Entries for `mcp_servers`, by name. */
  readonly servers: Readonly<Record<string, JsonObject>>;
  readonly findings: readonly SourceFinding[];
}

/** What a source needs to know of its pack. */
export interface SourcePlace {
  /** The code of the pack. */
  readonly code: string;
  /** Where the source stands in the manifest. */
  readonly position: SourcePosition;
  readonly text: string;
}

/** A source that brings nothing, and why. */
export function brokenSource(finding: Omit<SourceFinding, 'severity'>): JoinedSource {
  const findings = [{ ...finding, severity: 'error' as const }];
  return { tools: [], works: new Map(), properties: {}, required: [], servers: {}, findings };
}
