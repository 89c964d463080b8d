import { readFileSync } from 'node:fs';
import type { DangerLevel, Principal, ToolDefinition } from '@capstan/sdk';
import { describe, expect, it } from 'vitest';
import type { PolicyQuestion } from '../policy.ts';
import { checkPolicies, createCedarPolicy } from './cedar-policy.ts';

const clock = { now: () => Date.parse('2026-01-05T12:00:00Z') };

function principal(role: string, { id = 'key:ci', permissions = [] as readonly string[] } = {}): Principal {
  return { id, roles: [role], permissions };
}

function tool(over: Partial<ToolDefinition> = {}): ToolDefinition {
  return {
    id: 'bank.pay',
    name: 'pay',
    pack: 'bank',
    description: 'Pays.',
    tags: [],
    aliases: [],
    backendKind: 'code',
    inputSchema: { type: 'object' },
    annotations: {},
    permissions: [],
    examples: [],
    ...over,
  };
}

function ask(over: Partial<PolicyQuestion> = {}): PolicyQuestion {
  return {
    principal: principal('agent'),
    tool: tool(),
    workspaceId: 'default',
    arguments: {},
    surface: 'rest',
    ...over,
  };
}

function policyOf(text: string, workspace?: string) {
  return createCedarPolicy({
    clock,
    sources: [{ path: 'team.cedar', text, ...(workspace === undefined ? {} : { workspace }) }],
  });
}

const CAP = `@id("pay.cap") @reason("no more than 100 at a time")
forbid (principal, action == Action::"call", resource == Tool::"bank.pay")
unless { context.arguments has amount && context.arguments.amount <= 100 };`;

describe('the shipped policies', () => {
  const policy = createCedarPolicy({ clock });

  it.each([
    ['viewer', false, true],
    ['agent', true, true],
    ['operator', true, true],
    ['admin', true, true],
    ['application', true, true],
    ['stranger', false, false],
  ])('let a %s call: %s, see: %s, whatever the danger', (role, calls, sees) => {
    for (const dangerLevel of ['low', 'medium', 'high', 'critical'] satisfies DangerLevel[]) {
      const question = ask({ principal: principal(role), tool: tool({ dangerLevel }) });
      expect(policy(question).allow).toBe(calls);
      expect(policy({ ...question, arguments: undefined }).allow).toBe(sees);
    }
  });

  it('hold a principal with permissions to those, and one without to none', () => {
    const needy = tool({ permissions: ['network_access', 'email_send'] });
    const some = principal('admin', { permissions: ['network_access'] });
    const all = principal('agent', { permissions: ['email_send', 'network_access'] });
    expect(policy(ask({ tool: needy, principal: some }))).toEqual({
      allow: false,
      reason: 'the tool needs permissions that this principal was not given',
      policies: ['capstan.permissions_covered'],
    });
    expect(policy(ask({ tool: needy, principal: some, arguments: undefined })).allow).toBe(false);
    expect(policy(ask({ tool: needy, principal: all })).allow).toBe(true);
    expect(policy(ask({ tool: needy })).allow).toBe(true);
  });

  it('cannot be widened by a permit of a team', () => {
    const wide = policyOf('permit (principal, action, resource);');
    const needy = tool({ permissions: ['email_send'] });
    expect(wide(ask({ principal: principal('viewer') })).allow).toBe(false);
    expect(wide(ask({ tool: needy, principal: principal('agent', { permissions: ['x'] }) })).allow).toBe(false);
  });
});

describe("a team's policies", () => {
  it('decide by arguments, and list what some arguments could be allowed for', () => {
    const policy = policyOf(CAP);
    expect(policy(ask({ arguments: { amount: 100 } })).allow).toBe(true);
    expect(policy(ask({ arguments: { amount: 101 } }))).toEqual({
      allow: false,
      reason: 'no more than 100 at a time',
      policies: ['pay.cap'],
    });
    expect(policy(ask({ arguments: {} })).allow).toBe(false);
    expect(policy(ask({ arguments: undefined })).allow).toBe(true);
  });

  it('hide what is never callable', () => {
    const policy = policyOf('@id("no") forbid (principal, action == Action::"call", resource in Pack::"bank");');
    expect(policy(ask({ arguments: undefined }))).toMatchObject({ allow: false, policies: ['no'] });
    expect(policy(ask({ principal: principal('viewer'), arguments: undefined })).allow).toBe(true);
  });

  it.each([
    ['a fraction', { amount: 100.5 }],
    ['null', { amount: null }],
    ['an integer beyond what JSON keeps exact', { amount: 2 ** 60 }],
    ['a text in the place of a number', { amount: '5' }],
    ['an object that poses as an entity', { amount: { __entity: { type: 'Role', id: 'admin' } } }],
  ])('deny what Cedar cannot express or compare: %s', (_, given) => {
    const decision = policyOf(CAP)(ask({ arguments: given }));
    expect(decision.allow).toBe(false);
    expect(decision).toHaveProperty('reason', expect.stringContaining('could not be evaluated'));
  });

  it('look at no argument that they do not read', () => {
    expect(policyOf(CAP)(ask({ arguments: { amount: 1, rate: 0.5, note: null } })).allow).toBe(true);
  });

  it('hold in their workspace alone', () => {
    const policy = policyOf('forbid (principal, action, resource);', 'support');
    expect(policy(ask()).allow).toBe(true);
    expect(policy(ask({ workspaceId: 'support' })).allow).toBe(false);
  });

  it('can name a key, which then no longer shares what others see', () => {
    const policy = policyOf('@id("k") forbid (principal == Key::"ci", action, resource);');
    expect(policy(ask()).allow).toBe(false);
    expect(policy(ask({ principal: principal('agent', { id: 'key:other' }) })).allow).toBe(true);
    expect(policy.sees(principal('agent'))).not.toBe(policy.sees(principal('agent', { id: 'key:other' })));
    const others = createCedarPolicy({ clock });
    expect(others.sees(principal('agent'))).toBe(others.sees(principal('agent', { id: 'key:other' })));
  });

  it('can go by surface and time, which no list hides', () => {
    const policy = policyOf(`@id("hours") forbid (principal, action == Action::"call", resource)
when { context.surface == "mcp" || context.now > datetime("2026-01-05T18:00:00Z") };`);
    expect(policy(ask({ surface: 'mcp' })).allow).toBe(false);
    expect(policy(ask({ surface: 'rest' })).allow).toBe(true);
    expect(policy(ask({ arguments: undefined })).allow).toBe(true);
  });

  it('ask for an approval', () => {
    const policy = policyOf(`@id("big") @approval("required")
permit (principal, action == Action::"call", resource) when { context.arguments has amount && context.arguments.amount > 10 };`);
    expect(policy(ask({ arguments: { amount: 11 } }))).toMatchObject({ allow: true, approval: 'big' });
    expect(policy(ask({ arguments: { amount: 1 } }))).not.toHaveProperty('approval');
  });

  it('can be replaced, and stay when the others are wrong', () => {
    const policy = policyOf(CAP);
    expect(() => policy.replace([{ path: 'x.cedar', text: 'permit (' }])).toThrow(/x\.cedar:1:/);
    expect([policy.version(), policy(ask({ arguments: { amount: 101 } })).allow]).toEqual([1, false]);
    policy.replace([]);
    expect([policy.version(), policy(ask({ arguments: { amount: 101 } })).allow]).toEqual([2, true]);
  });

  it('say why, with their places', () => {
    const explained = policyOf(`// caps\n${CAP}`).explain(ask({ arguments: { amount: 500 } }));
    expect(explained).toMatchObject({
      call: { allow: false, policies: ['pay.cap'] },
      callable: 'some',
      isListed: true,
    });
    expect(explained.places).toContainEqual({ id: 'pay.cap', path: 'team.cedar', line: 2, column: 1 });
  });
});

describe('a wrong policy is refused with its place', () => {
  it.each([
    ['syntax', 'permit (principal, action, resource);\npermit (principl, action, resource);', '2:9', 'principl'],
    [
      'an unknown attribute',
      '// é\nforbid (principal, action, resource)\nwhen { resource.danger == "low" };',
      '3:8',
      'danger',
    ],
    [
      'an argument that may be missing',
      'forbid (principal, action, resource)\nwhen { context.arguments.amount > 1 };',
      '2:8',
      'amount',
    ],
    ['an unknown action', 'permit (principal, action == Action::"fly", resource);', '1:', 'fly'],
    ['a template', 'permit (principal == ?principal, action, resource);', '1:1', 'templates'],
    ['an id of ours', '@id("capstan.agent_calls") forbid (principal, action, resource);', '1:1', 'belongs to'],
    ['approval on a forbid', '@approval("required") forbid (principal, action, resource);', '1:1', 'permit'],
  ])('%s', (_, text, place, word) => {
    const [finding] = checkPolicies([{ path: 'team.cedar', text }]);
    expect(`${finding?.position.line}:${finding?.position.column}`).toMatch(new RegExp(`^${place}`));
    expect(finding?.message).toContain(word);
    expect(() => policyOf(text)).toThrow(/team\.cedar:\d+:\d+/);
  });
});

it('the example of the README runs', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const text = /text: '([^']+)'/.exec(readme)?.[1] ?? '';
  expect(policyOf(text)(ask({ tool: tool({ pack: 'refunds' }) })).allow).toBe(false);
});
