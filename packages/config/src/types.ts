import type { JsonSchema, JsonValue, ResolvedConfig } from '@capstan/sdk';

/** The layers, highest first. */
export const CONFIG_LAYERS = ['system', 'connection', 'environment', 'default'] as const;
export type ConfigLayer = (typeof CONFIG_LAYERS)[number];

/** Where a value came from, for a person to find it. */
export type ConfigSource =
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly column: number }
  | { readonly kind: 'connection'; readonly connectionId: string; readonly setBy?: string; readonly setAt?: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'code'; readonly description: string }
  | { readonly kind: 'schema' };

/** One layer's word on the config, before references are resolved. */
export interface ConfigLayerValues {
  readonly values: Readonly<Record<string, JsonValue | undefined>>;
  /** The source of one top-level key, or of a path inside it. */
  sourceOf(path: readonly string[]): ConfigSource;
  /**
   * Which references its text may hold. `operator`: any variable but the host's own.
   * A list (of a connection written over the API): only these variables and files.
   */
  readonly references: 'operator' | { readonly variables: readonly string[]; readonly files: readonly string[] };
}

/** Everything that {@link resolveConfig} needs; pure but for `readFile`. */
export interface ConfigRequest {
  readonly pack: string;
  readonly workspace: string;
  readonly connection?: string;
  /** The object schema of a manifest. */
  readonly schema: JsonSchema;
  readonly system?: ConfigLayerValues;
  readonly connectionLayer?: ConfigLayerValues;
  readonly environment: {
    /** The environment of the host process. */
    readonly variables: Readonly<Record<string, string | undefined>>;
    /** Names that the operator let this pack read. `CAPSTAN_*` and the host's own are refused even if listed. */
    readonly allowed: ReadonlySet<string>;
  };
  /** Reads the file of a `file:` reference. */
  readonly readFile: (path: string) => string;
}

/** One layer's entry in a trace. `value` is masked where the key is secret. */
export interface ConfigTraceEntry {
  readonly layer: ConfigLayer;
  readonly source: ConfigSource;
  /** As a person may see it: `●●●● (a1b2)` for a secret. */
  readonly shown: JsonValue;
  /** The reference that it was written as, such as `env:API_TOKEN`. */
  readonly reference?: string;
}

/** Why a key has its value: made by the same merge that made the value. */
export interface ConfigTraceKey {
  readonly key: string;
  readonly description?: string;
  readonly required: boolean;
  readonly secret: boolean;
  /** The layer that won; absent when nothing set it. For objects merged by key, one entry a leaf path stands in `parts`. */
  readonly winner?: ConfigTraceEntry;
  /** The losers, highest first. */
  readonly overridden: readonly ConfigTraceEntry[];
  /** For merged objects: which layer gave each leaf. */
  readonly parts?: readonly { readonly path: string; readonly entry: ConfigTraceEntry }[];
  /** Layers that had something, but may not count, and why (a variable that the operator has not allowed). */
  readonly ignored: readonly { readonly layer: ConfigLayer; readonly source: ConfigSource; readonly reason: string }[];
}

/** A required key that nothing set. */
export interface MissingKey {
  readonly key: string;
  readonly description?: string;
  readonly secret: boolean;
  /** Every place where it can be set, each as a sentence to follow. */
  readonly places: readonly string[];
}

/** A key whose value cannot be used. */
export interface ConfigProblem {
  readonly key: string;
  readonly code: 'CAPSTAN_UNRESOLVED_REFERENCE' | 'CAPSTAN_REFERENCE_FORBIDDEN' | 'CAPSTAN_CONFIG_INVALID';
  /** Names key, layer and source; never a secret value. */
  readonly message: string;
  readonly hint: string;
}

/** The outcome of resolving. `values` is complete only when both lists are empty. */
export interface ConfigResolution {
  readonly values: ResolvedConfig;
  readonly trace: readonly ConfigTraceKey[];
  readonly missing: readonly MissingKey[];
  readonly problems: readonly ConfigProblem[];
}
