import { expect, test } from 'vitest';
import { isHostVariable } from './host-variables.ts';

test.each([
  'CAPSTAN_MASTER_KEY',
  'CAPSTAN_',
  'NODE_OPTIONS',
  'PATH',
  'HOME',
  'LD_PRELOAD',
  'PORT',
  'Path',
  'capstan_data',
])('%s belongs to the host', (name) => expect(isHostVariable(name)).toBe(true));

test.each(['LINE_TOKEN', 'DATABASE_URL', 'MY_CAPSTAN_KEY', 'NODE', 'TOKEN_PATH', '__proto__'])(
  '%s may be given to a pack',
  (name) => expect(isHostVariable(name)).toBe(false),
);
