import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { hostOn } from '../test-kit/test-host.ts';

const CORPUS = resolve(import.meta.dirname, '../../../../../shared/corpus/tooluniverse/tools.jsonl');

test('a whole corpus of ToolUniverse in one pack: every REST tool is ready, or says which variable it lacks', async ({
  annotate,
}) => {
  if (!existsSync(CORPUS)) return void annotate('not run: the corpus of real files is not beside this repository');
  const { host } = await hostOn({
    'packs/universe/manifest.yaml': 'code: universe\nversion: 1.0.0\ndescription: U\ntooluniverse: ./tools.jsonl\n',
    'packs/universe/tools.jsonl': readFileSync(CORPUS, 'utf8'),
    'capstan.yaml': JSON.stringify({
      version: 1,
      discover: ['./packs/*'],
      workspaces: { default: { packs: ['universe'] } },
    }),
  });
  const { items } = host.listTools({ limit: 1_000 });
  const second = host.listTools({ limit: 1_000, cursor: host.listTools({ limit: 1_000 }).nextCursor ?? '' });
  const tools = [...items, ...second.items];
  const byState = Map.groupBy(tools, ({ state }) => state.kind);
  expect(tools.length).toBeGreaterThan(1_000);
  expect([...byState.keys()].toSorted()).toEqual(['needs_config', 'ready', 'unsupported']);
  expect(byState.get('ready')?.length).toBeGreaterThan(100);
  for (const { state } of byState.get('needs_config') ?? []) {
    expect(state).toMatchObject({
      missing: [{ key: expect.stringMatching(/^[a-z0-9_]+$/), places: expect.any(Array) }],
    });
  }
  for (const { state } of byState.get('unsupported') ?? []) {
    expect(state).toMatchObject({ reason: expect.stringMatching(/Python code|work of the pack|has no fields/) });
  }
});
