import type { JsonValue } from '@capstan/sdk';
import type {
  ConfigLayer,
  ConfigProblem,
  ConfigResolution,
  ConfigSource,
  ConfigTraceEntry,
  ConfigTraceKey,
  MissingKey,
} from './types.ts';

/** Where a value came from, on the wire. */
export type ExplainSourceJson =
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly column: number }
  | { readonly kind: 'connection'; readonly connection_id: string; readonly set_by?: string; readonly set_at?: string }
  | { readonly kind: 'setting'; readonly workspace?: string; readonly set_by: string; readonly set_at: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'code'; readonly description: string }
  | { readonly kind: 'schema' };

/** One layer's entry, on the wire. A secret's `value` is masked. */
export interface ExplainEntryJson {
  readonly layer: ConfigLayer;
  readonly source: ExplainSourceJson;
  readonly value: JsonValue;
  readonly reference?: string;
}

/** One key, on the wire. */
export interface ExplainKeyJson {
  readonly key: string;
  readonly description?: string;
  readonly required: boolean;
  readonly secret: boolean;
  readonly outcome: 'set' | 'unset' | 'invalid';
  readonly winner?: ExplainEntryJson;
  readonly overridden: readonly ExplainEntryJson[];
  readonly parts?: readonly {
    readonly path: string;
    readonly entry: ExplainEntryJson;
    readonly overridden: readonly ExplainEntryJson[];
  }[];
  readonly ignored: readonly {
    readonly layer: ConfigLayer;
    readonly source: ExplainSourceJson;
    readonly reason: string;
  }[];
}

/** A resolution on the wire: what `?explain=true` answers. */
export interface ExplainJson {
  /** Nothing is missing and nothing is wrong. */
  readonly ready: boolean;
  readonly keys: readonly ExplainKeyJson[];
  readonly missing: readonly MissingKey[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** A resolution in its wire form: snake_case, secrets masked, only the trace and never the values. */
export function toExplainJson({ trace, missing, problems, warnings }: ConfigResolution): ExplainJson {
  const ready = missing.length === 0 && problems.length === 0;
  return { ready, keys: trace.map(keyJson), missing, problems, warnings };
}

function keyJson(key: ConfigTraceKey): ExplainKeyJson {
  const { description, winner, parts } = key;
  return {
    key: key.key,
    ...(description === undefined ? {} : { description }),
    required: key.required,
    secret: key.secret,
    outcome: key.outcome,
    ...(winner === undefined ? {} : { winner: entryJson(winner) }),
    overridden: key.overridden.map(entryJson),
    ...(parts === undefined
      ? {}
      : {
          parts: parts.map(({ path, entry, overridden }) => ({
            path,
            entry: entryJson(entry),
            overridden: overridden.map(entryJson),
          })),
        }),
    ignored: key.ignored.map(({ layer, source, reason }) => ({ layer, source: sourceJson(source), reason })),
  };
}

function entryJson({ layer, source, shown, reference }: ConfigTraceEntry): ExplainEntryJson {
  const known = reference === undefined ? {} : { reference };
  return { layer, source: sourceJson(source), value: shown, ...known };
}

function sourceJson(source: ConfigSource): ExplainSourceJson {
  if (source.kind === 'setting') {
    const { kind, workspace, setBy, setAt } = source;
    return { kind, ...(workspace === undefined ? {} : { workspace }), set_by: setBy, set_at: setAt };
  }
  if (source.kind !== 'connection') return source;
  const { connectionId, setBy, setAt } = source;
  return {
    kind: 'connection',
    connection_id: connectionId,
    ...(setBy === undefined ? {} : { set_by: setBy }),
    ...(setAt === undefined ? {} : { set_at: setAt }),
  };
}
