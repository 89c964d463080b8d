import { formatDiagnostic } from '@capstan/schema';
import { expect, test } from 'vitest';
import { loadSettings } from './host-settings.ts';

const CANARY = 'CANARY-geheim/42+x';

function toldOf(text: string): string {
  return loadSettings({ path: 'capstan.yaml', text }).diagnostics.map(formatDiagnostic).join('\n');
}

test.each([
  ['declared secret, beside a mistake', `keys: [{ name: ci, workspace: x, value: ${CANARY} }]`],
  ['declared secret, before a mistake', `keys: [{ value: ${CANARY}, nmae: ci }]`],
  [
    'a token of a connection',
    `workspaces: { w: { connections: [{ auth: { type: bearer, token: ${CANARY}, x: 1 } }] } }`,
  ],
  ['config of a pack', `packs: { a: { config: { anything: ${CANARY} }, trust: no } }`],
  ['config of a connection', `workspaces: { w: { connections: [{ config: { a: [${CANARY}] }, id: 7 }] } }`],
  ['under a misspelt key', `keys: [{ name: ci, workspace: default, vlaue: ${CANARY} }]`],
  ['under a misspelt key, deep', `packs: { a: { confg: { token: ${CANARY} } } }`],
  ['a text where a mapping belongs', `workspaces: { w: { connections: [{ auth: ${CANARY} }] } }`],
  ['a list where a text belongs', `keys: [{ name: ci, workspace: default, value: [${CANARY}] }]`],
  ['at the end of a longer text', `keys: [{ value: "first\n  ${CANARY}", nmae: ci }]`],
  ['in a block', `keys:\n  - value: |\n      ${CANARY}\n    nmae: ci`],
  ['in YAML that is none', `keys:\n  - value: "${CANARY}\n  - [`],
  ['as an alias', `keys:\n  - value: *${CANARY}`],
  ['as a tag', `keys:\n  - { name: ci, workspace: default, value: !${CANARY} }`],
  ['as a tag that is none', `keys:\n  - { value: !a!b!${CANARY} x }`],
  ['under a key that stands twice', `keys:\n  - value: a\n    value: ${CANARY}`],
  ['with a wrong escape', `keys:\n  - value: "\\q${CANARY}"`],
])('a secret %s is in no diagnostic', (_, text) => {
  const told = toldOf(text);
  expect(told).not.toBe('');
  expect(told).not.toContain('geheim');
});

test('a source line is shown up to the first value that may be secret', () => {
  expect(toldOf(`keys: [{ nmae: ci, value: ${CANARY} }]`)).toContain('1 | keys: [{ nmae: ●●●●');
  expect(toldOf('server: { prot: 7420 }')).toMatchInlineSnapshot(`
    "capstan.yaml:1:11 - error CAPSTAN_SETTINGS_UNKNOWN_KEY: 'prot' is not a key of 'server'
      1 | server: { prot: ●●●●
        |           ^
      hint: Did you mean 'port'?"
  `);
  expect(toldOf('log: { level: loud }')).toMatchInlineSnapshot(`
    "capstan.yaml:1:15 - error CAPSTAN_SETTINGS_INVALID_VALUE: 'log.level' is none of "trace", "debug", "info", "warn", "error", "silent"
      1 | log: { level: loud }
        |               ^
      hint: The least important lines that are still written."
  `);
});
