import { expect, test } from 'vitest';
import { loadSettings } from './host-settings.ts';
import { isMapping, membersOf } from './json-node.ts';
import { isClosedPath, schemaAt, settingsSchema } from './settings-schema.ts';

/** The value that editors are told to be the default, built from the `default`s of single keys. */
function defaultsIn(path: readonly string[]): unknown {
  const schema = schemaAt(path);
  if (schema && Object.hasOwn(schema, 'default')) return schema.default;
  const members = membersOf(schema?.properties).map(([key]) => [key, defaultsIn([...path, key])] as const);
  const known = members.filter(([, value]) => value !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

test('the defaults that the schema tells editors are those that the loader fills in', () => {
  const written = JSON.stringify(defaultsIn([]));
  const [given, empty] = [written, ''].map((text) => loadSettings({ path: 'capstan.yaml', text }).settings);
  expect(JSON.parse(written)).toMatchObject({ version: 1, defaults: { timeout_ms: 30_000 }, server: { port: 7420 } });
  const apart = { locate: undefined, document: undefined };
  expect({ ...given, ...apart }).toEqual({ ...empty, ...apart, workspaces: given?.workspaces });
  expect([...(given?.workspaces.keys() ?? [])]).toEqual([...(empty?.workspaces.keys() ?? [])]);
});

test('every key of the schema is described, and every mapping refuses unknown keys or names its members', () => {
  const undescribed: string[] = [];
  const open: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (!isMapping(schema)) return;
    if (schema.type === 'object' && schema.additionalProperties === undefined && schema['x-secret'] !== true)
      open.push(path);
    for (const [key, member] of membersOf(schema.properties)) {
      if (isMapping(member) && member.description === undefined && member.$ref !== '#/$defs/auth')
        undescribed.push(`${path}.${key}`);
      visit(member, `${path}.${key}`);
    }
    for (const [key, member] of membersOf(schema.$defs)) visit(member, `${path}#${key}`);
  };
  visit(settingsSchema(), '');
  expect({ undescribed, open }).toEqual({ undescribed: [], open: [] });
});

test('what holds secrets is marked, and what is not declared counts as marked', () => {
  const connection = ['workspaces', 'w', 'connections', 0];
  for (const path of [
    ['packs', 'a', 'config', 'x'],
    [...connection, 'auth', 'token'],
    [...connection, 'config', 'x'],
    ['keys', 0, 'value'],
    ['nope'],
  ]) {
    expect(isClosedPath(path), path.join('.')).toBe(true);
  }
  for (const path of [
    ['packs', 'a', 'trust'],
    [...connection, 'id'],
    ['keys', 0, 'name'],
    ['server', 'port'],
  ]) {
    expect(isClosedPath(path), path.join('.')).toBe(false);
  }
});
