import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { MAX_EXPOSED_NAME_LENGTH, NameBook, type NamedTool } from '@capstan/catalog';
import { loadManifest } from '@capstan/manifest';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const CORPUS = new URL('../../../../../shared/corpus/', import.meta.url);

test('all tools of all corpora together have names that are unique, legal, short, stable and reversible', () => {
  const tools = corpusTools();
  if (tools.length === 0) {
    // biome-ignore lint/suspicious/noConsole: what is not run is said
    console.log('not run: the names of real tools, since ../shared/corpus is not there');
    return;
  }
  expect(tools.length).toBeGreaterThan(1000);
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (random) => {
      const order = shuffled(tools, random);
      const half = Math.floor(order.length / 2);
      const book = new NameBook();
      const names = new Map(order.slice(0, half).map((tool) => [idOf(tool), book.nameOf(tool)]));
      // A restart, and newcomers.
      const later = new NameBook([...book.entries()]);
      for (const tool of order.slice(half)) names.set(idOf(tool), later.nameOf(tool));
      for (const tool of order) expect(later.nameOf(tool)).toBe(names.get(idOf(tool)));
      expect(new Set([...names.values()].map((name) => name.toLowerCase())).size).toBe(names.size);
      for (const [id, name] of names) {
        if (!/^[A-Za-z0-9_-]+$/.test(name) || name.length > MAX_EXPOSED_NAME_LENGTH) throw new Error(`${id}: ${name}`);
        expect(later.toolIdOf(name)).toBe(id);
      }
    }),
    { numRuns: 20 },
  );
});

function corpusTools(): readonly NamedTool[] {
  if (!existsSync(CORPUS)) return [];
  const all = [...manifestTools(), ...toolUniverseTools()];
  return [...new Map(all.map((tool) => [idOf(tool), tool])).values()];
}

function manifestTools(): readonly NamedTool[] {
  const folder = new URL('mindscape/manifests/', CORPUS);
  const files = [new URL('seed_manifest.yaml', CORPUS), ...readdirSync(folder).map((name) => new URL(name, folder))];
  return files.flatMap((file) => {
    const readFile = (): string => {
      throw new Error('no files beside it');
    };
    const { manifest } = loadManifest({ path: file.pathname, text: readFileSync(file, 'utf8'), readFile });
    return (manifest?.tools ?? []).map(({ name }) => ({ packCode: manifest?.code ?? '', toolName: name }));
  });
}

function toolUniverseTools(): readonly NamedTool[] {
  const lines = readFileSync(new URL('tooluniverse/tools.jsonl', CORPUS), 'utf8').split('\n');
  const configs: unknown = JSON.parse(readFileSync(new URL('seed_tool_configs.json', CORPUS), 'utf8'));
  const entries: unknown[] = lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  const seeds: unknown[] = Array.isArray(configs) ? configs : Object.values(configs ?? {}).flat();
  return [...entries, ...seeds].flatMap((entry) => {
    const name = typeof entry === 'object' && entry !== null && 'name' in entry ? entry.name : undefined;
    return typeof name === 'string' ? [{ packCode: 'tooluniverse', toolName: name }] : [];
  });
}

function shuffled<Item>(items: readonly Item[], random: fc.Stream<number>): readonly Item[] {
  const numbers = random.take(items.length);
  return items
    .map((item) => ({ item, at: numbers.next().value ?? 0 }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

function idOf({ packCode, toolName }: NamedTool): string {
  return `${packCode}.${toolName}`;
}
