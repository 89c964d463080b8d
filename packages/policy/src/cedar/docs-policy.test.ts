import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createCedarPolicy } from './cedar-policy.ts';

const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');
const text = /```cedar\n(.*?)```/s.exec(page)?.[1] ?? '';

test.each([
  [101, { allow: false, reason: 'no more than 100 at a time', policies: ['pay.cap'] }],
  [11, { allow: true, approval: 'pay.seen' }],
  [10, { allow: true, policies: ['capstan.agent_calls'] }],
])('the example of the page decides about an amount of %i as it says', (amount, decision) => {
  const policy = createCedarPolicy({ clock: { now: () => 0 }, sources: [{ path: 'docs/policy.md', text }] });
  const tool = {
    id: 'bank.pay',
    name: 'pay',
    pack: 'bank',
    description: '',
    tags: [],
    aliases: [],
    backendKind: 'code',
    inputSchema: {},
    annotations: {},
    permissions: [],
    examples: [],
  } as const;
  const principal = { id: 'key:ci', roles: ['agent'], permissions: [] };
  expect(policy({ principal, tool, workspaceId: 'default', arguments: { amount } })).toMatchObject(decision);
});
