import type {
  ConfigResolution,
  ConfigSource,
  ConfigTraceEntry,
  ConfigTraceKey,
  ExplainEntryJson,
  ExplainJson,
  ExplainKeyJson,
  ExplainSourceJson,
} from '@capstan/config';

/** An explanation from the wire in the form that `explainText` reads: the trace is whole, the values stayed in the host. */
export function toResolution({ keys, missing, problems, warnings }: ExplainJson): ConfigResolution {
  return { values: {}, trace: keys.map(traceKey), missing, problems, warnings };
}

function traceKey({ winner, overridden, parts, ignored, ...key }: ExplainKeyJson): ConfigTraceKey {
  return {
    ...key,
    ...(winner === undefined ? {} : { winner: traceEntry(winner) }),
    overridden: overridden.map(traceEntry),
    ...(parts === undefined
      ? {}
      : {
          parts: parts.map((part) => ({
            path: part.path,
            entry: traceEntry(part.entry),
            overridden: part.overridden.map(traceEntry),
          })),
        }),
    ignored: ignored.map(({ layer, source, reason }) => ({ layer, source: traceSource(source), reason })),
  };
}

function traceEntry({ value, source, ...entry }: ExplainEntryJson): ConfigTraceEntry {
  return { ...entry, source: traceSource(source), shown: value };
}

function traceSource(source: ExplainSourceJson): ConfigSource {
  if (source.kind === 'setting') {
    const { kind, workspace, set_by: setBy, set_at: setAt } = source;
    return { kind, ...(workspace === undefined ? {} : { workspace }), setBy, setAt };
  }
  if (source.kind !== 'connection') return source;
  const { connection_id: connectionId, set_by: setBy, set_at: setAt } = source;
  return {
    kind: 'connection',
    connectionId,
    ...(setBy === undefined ? {} : { setBy }),
    ...(setAt === undefined ? {} : { setAt }),
  };
}
