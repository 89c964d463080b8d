import type { ConfigSource } from '@capstan/config';
import { type Diagnostic, type SourcePosition, suggest } from '@capstan/schema';
import type { Pack } from '../packs/pack.ts';
import type { ConnectionSettings } from '../settings/host-settings.ts';
import type { Binding } from './connections.ts';

/** What an operator wrote for a pack that has no effect: keys that it does not know, connections that no tool uses. */
export function operatorFindings(facts: {
  readonly pack: Pack;
  readonly bindings: readonly Binding[];
  readonly declared: readonly ConnectionSettings[];
  readonly toolTypes: ReadonlySet<string>;
}): readonly Diagnostic[] {
  const found = [
    ...facts.bindings.flatMap((binding) => unknownKeys(facts.pack, binding)),
    ...unusedConnections(facts.declared, facts.toolTypes),
  ];
  // Each binding says again what stands in the config of the pack itself.
  return [...new Map(found.map((finding) => [finding.message, finding])).values()];
}

/** Connections of a tool type that no tool has. */
export function unusedConnections(
  declared: readonly ConnectionSettings[],
  toolTypes: ReadonlySet<string>,
): readonly Diagnostic[] {
  // Where nothing shows which types there are, none is wrong.
  if (toolTypes.size === 0) return [];
  return declared
    .filter(({ toolType }) => !toolTypes.has(toolType))
    .map(({ id, toolType, position }) => {
      const meant = suggest(toolType, toolTypes);
      return {
        severity: 'warning',
        code: 'CAPSTAN_CONFIG_INVALID',
        message: `connection ${id} (${position.path}:${position.line}:${position.column}): no tool of the pack is of the type ${JSON.stringify(toolType)}`,
        hint: meant === undefined ? `The types are ${[...toolTypes].join(', ')}.` : `Did you mean "${meant}"?`,
        position,
      };
    });
}

function unknownKeys(pack: Pack, { settings, resolution }: Binding): readonly Diagnostic[] {
  return resolution.warnings.map(({ key, code, message, hint }) => {
    const isOfConnection = settings !== undefined && Object.hasOwn(settings.config, key);
    const source = isOfConnection ? settings.sourceOf(['config', key]) : pack.settings?.config?.sourceOf([key]);
    return { severity: 'warning', code, message, hint, position: positionOf(source, settings) };
  });
}

function positionOf(source: ConfigSource | undefined, settings: ConnectionSettings | undefined): SourcePosition {
  if (source?.kind === 'file') return { path: source.path, line: source.line, column: source.column };
  return settings?.position ?? { path: 'capstan.yaml', line: 1, column: 1 };
}
