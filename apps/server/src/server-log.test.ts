import { createSecret } from '@capstan/schema';
import { expect, test } from 'vitest';
import { AGENT_KEY, logInto, serverUnderTest, tool } from './running-server.test.support.ts';
import { createLog } from './server-log.ts';

test('no line holds a secret that is alive, in whatever field and form', () => {
  const lines: string[] = [];
  const { logger } = logInto(lines);
  const secret = createSecret('canary-s3cret/+42');
  const error = new Error('failed with canary-s3cret/+42', { cause: new Error('cause canary-s3cret/+42') });
  logger.error('a message with canary-s3cret/+42', {
    error,
    url: `http://x/?t=${encodeURIComponent('canary-s3cret/+42')}`,
  });
  logger.warn('headers', { headers: { authorization: 'Bearer of-somebody-else' } });
  logger.info('Authorization: Bearer of-somebody-else');
  const text = lines.join('');
  expect(text).not.toMatch(/canary|of-somebody-else/);
  expect(text).toContain('●●●●');
  expect(String(secret)).toBe('●●●●');
});

test('an error keeps its cause in the log', () => {
  const lines: string[] = [];
  logInto(lines).logger.error('broken', { cause: new Error('the root of it') });
  expect(lines.join('')).toContain('the root of it');
});

test('calls leave no line at level info, and no key at any level', async () => {
  const server = await serverUnderTest({ tools: [tool('app.echo', () => 'hi')] });
  await server.send('/v1/workspaces/default/tools/echo/invoke', { method: 'POST' });
  await server.send('/v1/workspaces/default/tools', { key: 'cap_agent_wrong-key-of-somebody' });
  const lines = server.logLines.map((line) => JSON.parse(line) as { level: string });
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter(({ level }) => level !== 'debug' && level !== 'trace')).toEqual([]);
  expect(server.logLines.join('')).not.toContain(AGENT_KEY);
  expect(server.logLines.join('')).not.toContain('wrong-key');
});

test('the level decides', () => {
  const lines: string[] = [];
  const { logger } = createLog({ level: 'warn', destination: { write: (line) => void lines.push(line) } });
  logger.info('quiet');
  logger.warn('loud');
  expect(lines).toHaveLength(1);
});
