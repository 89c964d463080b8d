import type { Principal, ToolDefinition } from '@capstan/sdk';
import type { EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';

const PRINCIPAL_TYPES: Readonly<Record<string, string>> = { key: 'Key', system: 'System', user: 'User' };

/** The entity of a principal: `key:ci` is `Key::"ci"`; an id of no kind that we know is a user's. */
export function principalUid({ id }: Principal): TypeAndId {
  const colon = id.indexOf(':');
  const type = PRINCIPAL_TYPES[id.slice(0, Math.max(0, colon))];
  return type === undefined ? { type: 'User', id } : { type, id: id.slice(colon + 1) };
}

export function toolUid({ id }: ToolDefinition): TypeAndId {
  return { type: 'Tool', id };
}

/** Principal, tool and what they belong to. */
export function entitiesOf(principal: Principal, tool: ToolDefinition, workspaceId: string): EntityJson[] {
  const uid = principalUid(principal);
  return [
    {
      uid,
      attrs: { name: uid.id, permissions: [...principal.permissions] },
      parents: principal.roles.map((id) => ({ type: 'Role', id })),
    },
    {
      uid: toolUid(tool),
      attrs: {
        name: tool.name,
        danger_level: tool.dangerLevel ?? 'unknown',
        category: tool.category ?? '',
        backend: tool.backendKind,
        tags: [...tool.tags],
        permissions: [...tool.permissions],
        ...annotationsOf(tool),
      },
      parents: [
        { type: 'Pack', id: tool.pack },
        { type: 'Workspace', id: workspaceId },
      ],
    },
  ];
}

/** What a tool does not say is taken for the worse (MCP's defaults). */
function annotationsOf({ annotations }: ToolDefinition): Record<string, boolean> {
  const { readOnly = false, destructive = !readOnly, idempotent = false, openWorld = true } = annotations;
  return { read_only: readOnly, destructive, idempotent, open_world: openWorld };
}
