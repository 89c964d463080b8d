import type { JsonSchema, JsonValue, ResolvedConfig } from '@capstan/sdk';

/** The layers, highest first. */
export const CONFIG_LAYERS = ['system', 'connection', 'environment', 'default'] as const;
export type ConfigLayer = (typeof CONFIG_LAYERS)[number];

/** Where a value came from, for a person to find it. */
export type ConfigSource =
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly column: number }
  | { readonly kind: 'connection'; readonly connectionId: string; readonly setBy?: string; readonly setAt?: string }
  /** System config that was set at run time: for one workspace, or for all of the host. */
  | { readonly kind: 'setting'; readonly workspace?: string; readonly setBy: string; readonly setAt: string }
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
  /** Secrets that are kept apart: taken as they are, whatever they look like, and never for references. Merged with `values`. */
  readonly sealed?: Readonly<Record<string, JsonValue | undefined>>;
  /** Keys that the layer says in other words (`remote_cluster_url`): no warning where the schema does not have them. */
  readonly implied?: readonly string[];
  /** What was written, but does not count because the layer itself says the same key better. Shown in the trace. */
  readonly ignored?: readonly { readonly key: string; readonly source: ConfigSource; readonly reason: string }[];
}

/** Everything that {@link resolveConfig} needs; pure but for `readFile`. */
export interface ConfigRequest {
  readonly pack: string;
  readonly workspace: string;
  readonly connection?: string;
  /** The object schema of a manifest. */
  readonly schema: JsonSchema;
  /** Several: highest first, as if each was a layer of its own. */
  readonly system?: ConfigLayerValues | readonly ConfigLayerValues[];
  readonly connectionLayer?: ConfigLayerValues;
  readonly environment: {
    /** The environment of the host process. */
    readonly variables: Readonly<Record<string, string | undefined>>;
    /** Names that the operator let this pack read. `CAPSTAN_*` and the host's own are refused even if listed. */
    readonly allowed: ReadonlySet<string>;
  };
  /** Reads the file of a `file:` reference. */
  readonly readFile: (path: string) => string;
  /** Random bytes of this process: secrets are shown with 4 hex digits of their HMAC-SHA256 under it. Absent: only the mask. */
  readonly maskKey?: Uint8Array;
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

/** One leaf of a merged object. */
export interface ConfigTracePart {
  /** Where in the value, as a JSON Pointer (RFC 6901): `/retry/max`. */
  readonly path: string;
  readonly entry: ConfigTraceEntry;
  /** The losers at this place, highest first. */
  readonly overridden: readonly ConfigTraceEntry[];
}

/** Why a key has its value: made by the same merge that made the value. */
export interface ConfigTraceKey {
  readonly key: string;
  readonly description?: string;
  readonly required: boolean;
  readonly secret: boolean;
  /**
   * The layer that won; absent when nothing set it. For an object merged by key: the highest layer that gave a part,
   * with the whole merged value as `shown`; each leaf stands in `parts`.
   */
  readonly winner?: ConfigTraceEntry;
  /** `set`: the key is in `values`. `unset`: nothing set it. `invalid`: something did, and `problems` says why it cannot be used. */
  readonly outcome: 'set' | 'unset' | 'invalid';
  /** The losers, highest first. */
  readonly overridden: readonly ConfigTraceEntry[];
  /** For objects merged from several layers: which layer gave each leaf, and whom it beat there. */
  readonly parts?: readonly ConfigTracePart[];
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
  /** What does no harm but is probably a mistake: keys that the pack does not know. Does not stop anything. */
  readonly warnings: readonly ConfigProblem[];
}
