import type { WritableCollection } from './collection.ts';
import type { StoredName } from './entities/exposed-name.ts';
import type { ClaimedNames } from './store.ts';

/** Gives names inside a change; changes come one after the other, so nobody takes one between the look and the write. */
export async function claimNames(
  collection: WritableCollection<StoredName, Pick<StoredName, 'workspace' | 'toolId'>>,
  workspace: string,
  wanted: Readonly<Record<string, string>>,
): Promise<ClaimedNames> {
  const given = await collection.list({ workspace });
  const nameOf = new Map(given.map(({ toolId, name }) => [toolId, name]));
  const holderOf = new Map(given.map(({ toolId, name }) => [name, toolId]));
  const names = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const [toolId, name] of Object.entries(wanted)) {
    const earlier = nameOf.get(toolId);
    const holder = holderOf.get(name);
    if (earlier !== undefined) names.set(toolId, earlier);
    else if (holder !== undefined) taken.set(toolId, holder);
    else {
      await collection.insert({ workspace, toolId, name });
      names.set(toolId, name);
      holderOf.set(name, toolId);
    }
  }
  return { names: Object.fromEntries(names), taken: Object.fromEntries(taken) };
}
