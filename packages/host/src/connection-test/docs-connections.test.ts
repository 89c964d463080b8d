import { readFileSync } from 'node:fs';
import { AUTH_TYPES, CONNECTION_STATUSES } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { loadSettings } from '../settings/host-settings.ts';
import { WAY_PROBLEMS } from './way-steps.ts';

const page = readFileSync(new URL('../../../../docs/connections.md', import.meta.url), 'utf8');

test('every example of auth is right, and every type has one', () => {
  const examples = [...page.matchAll(/```yaml\n(auth:.*?)```/gs)].map(([, text = '']) => text);
  const types = examples.map((text) => {
    const lines = text.trimEnd().replaceAll('\n', '\n        ');
    const file = `workspaces:\n  w:\n    packs: [a]\n    connections:\n      - id: c\n        pack: a\n        tool_type: t\n        ${lines}\n`;
    const { settings, diagnostics } = loadSettings({ path: 'capstan.yaml', text: file });
    expect(diagnostics, text).toEqual([]);
    return settings?.workspaces.get('w')?.connections[0]?.auth.type;
  });
  expect(new Set(types)).toEqual(new Set(AUTH_TYPES));
});

test('the table of reasons has every problem on the way, and the table of statuses every status', () => {
  const reasons = [...page.matchAll(/^\| `(?:dns|tcp|tls)` +\| `(\w+)`/gm)].map(([, reason]) => reason);
  expect(reasons.toSorted()).toEqual(Object.keys(WAY_PROBLEMS).toSorted());
  const statuses = [...page.matchAll(/^\| `(\w+)` +\| [^|]+\|$/gm)].map(([, status]) => status);
  expect(statuses.toSorted()).toEqual([...CONNECTION_STATUSES].toSorted());
});
