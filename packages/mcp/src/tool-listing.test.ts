import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeDefinition } from './fake-gateway.test.support.ts';
import type { CatalogSnapshot } from './gateway.ts';
import { type ListedTool, toolNamed, toolPage } from './tool-listing.ts';

test('pages put together are the whole catalog, whatever the page size', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 7 }), (names, pageSize) => {
      const sorted = names.sort((one, other) => (one < other ? -1 : 1));
      expect(allPages(snapshotOf(sorted), pageSize).map((tool) => tool.name)).toEqual(sorted);
    }),
  );
});

test('the same catalog gives the same objects, so the same bytes', () => {
  const snapshot = snapshotOf(['a', 'b']);
  expect(toolPage(snapshot, undefined, 10).tools[0]).toBe(toolPage(snapshot, undefined, 10).tools[0]);
});

test('a cursor stays right when a tool comes or goes between two pages', () => {
  const first = toolPage(snapshotOf(['a', 'b', 'd']), undefined, 2);
  expect(toolPage(snapshotOf(['a', 'c', 'd']), first.nextCursor, 2).tools.map((tool) => tool.name)).toEqual(['c', 'd']);
});

test('a foreign cursor is refused as invalid params', () => {
  for (const cursor of ['', 'x', 'bnVsbA', '{}', Buffer.from('{"after":1}').toString('base64url')]) {
    expect(() => toolPage(snapshotOf(['a']), cursor, 2)).toThrow(expect.objectContaining({ code: -32602 }));
  }
});

test('a schema goes out untouched, with the type that MCP demands', () => {
  const inputSchema = { $schema: 'http://json-schema.org/draft-07/schema#', properties: { a: { 'x-own': 1 } } };
  const [tool] = toolPage(snapshotOf(['a'], { inputSchema, outputSchema: true }), undefined, 1).tools;
  expect(tool?.inputSchema).toEqual({ ...inputSchema, type: 'object' });
  expect(tool).not.toHaveProperty('outputSchema');
  const [open] = toolPage(snapshotOf(['a'], { inputSchema: true }), undefined, 1).tools;
  expect(open?.inputSchema).toEqual({ type: 'object' });
});

test('only the hints that are known are sent', () => {
  const [known] = toolPage(snapshotOf(['a'], { annotations: { readOnly: false } }), undefined, 1).tools;
  expect(known?.annotations).toEqual({ readOnlyHint: false });
  const [unknown] = toolPage(snapshotOf(['a']), undefined, 1).tools;
  expect(unknown).not.toHaveProperty('annotations');
});

test('a tool is found by exposed name, id and alias, and an exposed name wins', () => {
  const snapshot: CatalogSnapshot = {
    revision: '1',
    tools: [
      { exposedName: 'one', definition: fakeDefinition('one', { aliases: ['two', 'uno'] }) },
      { exposedName: 'two', definition: fakeDefinition('two') },
    ],
  };
  expect(toolNamed(snapshot, 'two')?.definition.id).toBe('pack.two');
  expect(toolNamed(snapshot, 'uno')?.definition.id).toBe('pack.one');
  expect(toolNamed(snapshot, 'pack.one')?.exposedName).toBe('one');
  expect(toolNamed(snapshot, 'three')).toBeUndefined();
});

function snapshotOf(names: readonly string[], definition = {}): CatalogSnapshot {
  return {
    revision: '1',
    tools: names.map((name) => ({ exposedName: name, definition: fakeDefinition(name, definition) })),
  };
}

function allPages(snapshot: CatalogSnapshot, pageSize: number): readonly ListedTool[] {
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  do {
    const page = toolPage(snapshot, cursor, pageSize);
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}
