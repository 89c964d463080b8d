import type { ArgumentNode } from './argument-use.ts';

const ENTITIES = `
entity Role;
entity Workspace;
entity Pack;
entity Key, User, System in [Role] = { "name": String, "permissions": Set<String> };
entity Tool in [Pack, Workspace] = {
  "name": String, "danger_level": String, "category": String, "backend": String,
  "tags": Set<String>, "permissions": Set<String>,
  "read_only": Bool, "destructive": Bool, "idempotent": Bool, "open_world": Bool
};
`;

/**
 * The Cedar schema that a policy is held against. Arguments differ from tool to tool, so their part follows from how the
 * policy uses them; each is optional, so that the policy has to ask whether it is there.
 */
export function schemaFor(use: ArgumentNode): string {
  return `${ENTITIES}
action list, call appliesTo {
  principal: [Key, User, System], resource: [Tool],
  context: { "surface": String, "now": datetime, "arguments": ${typeText(use)} }
};`;
}

function typeText({ children, type }: ArgumentNode, isRoot = true): string {
  if (children.size === 0 && !isRoot) return type ?? 'String';
  const members = [...children].map(([name, node]) => `${JSON.stringify(name)}?: ${typeText(node, false)}`);
  return `{ ${members.join(', ')} }`;
}
