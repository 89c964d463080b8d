import { expect, test } from 'vitest';
import { isAtLeast, isScope, ROLES, rightsOf } from './roles.ts';

test('each role has all that the ones before it have', () => {
  for (const [index, role] of ROLES.entries()) {
    const { scopes, roles } = rightsOf(role, []);
    expect(roles).toEqual([role]);
    for (const weaker of ROLES.slice(0, index)) {
      expect(isAtLeast(role, weaker)).toBe(true);
      expect(isAtLeast(weaker, role)).toBe(false);
      for (const scope of rightsOf(weaker, []).scopes) expect(scopes.has(scope)).toBe(true);
    }
  }
});

test('scopes only take away, and a role of which something is missing is not shown to policies', () => {
  expect(rightsOf('agent', ['tools:read']).roles).toEqual(['viewer']);
  expect(rightsOf('operator', ['tools:read', 'tools:call']).roles).toEqual(['agent']);
  expect(rightsOf('operator', ['workspace:manage'])).toMatchObject({
    roles: [],
    scopes: new Set(['workspace:manage']),
  });
  expect(rightsOf('viewer', ['tools:call', 'host:manage'])).toMatchObject({ roles: [], scopes: new Set() });
});

test('permissions go to the principal and leave the actions of the role as they are', () => {
  const rights = rightsOf('agent', ['permission:network_access']);
  expect(rights).toMatchObject({ roles: ['agent'], permissions: ['network_access'] });
  expect(isScope('permission:x.y')).toBe(true);
  for (const wrong of ['permission:', 'permission:A b', 'tools:write', '', 7]) expect(isScope(wrong)).toBe(false);
});
