import { describe, expect, test } from 'vitest';
import { readClaudeServers } from './claude-servers.ts';
import { resolveServer } from './resolve-server.ts';
import { readServerDeclaration } from './server-declaration.ts';

describe('a declared server', () => {
  test('may be a URL alone, or say everything, under the names of every family', () => {
    expect(readServerDeclaration('https://a.example/mcp')).toMatchObject({
      declaration: { url: 'https://a.example/mcp' },
    });
    const seed = {
      server_url: 'https://a.example',
      tool_prefix: 'a_',
      auth_token: '${TOKEN}',
      selected_tools: ['x'],
      timeout: 5,
    };
    expect(readServerDeclaration(seed)).toEqual({
      ok: true,
      ignored: [],
      declaration: {
        url: 'https://a.example',
        prefix: 'a_',
        token: '${TOKEN}',
        selectedTools: ['x'],
        timeoutMs: 5_000,
      },
    });
    const own = {
      command: 'npx',
      args: ['-y', 'x'],
      env: { N: 1 },
      share: 'workspace',
      trust_annotations: true,
      odd: 1,
    };
    expect(readServerDeclaration(own)).toEqual({
      ok: true,
      ignored: ['odd'],
      declaration: { command: 'npx', args: ['-y', 'x'], env: { N: '1' }, share: 'workspace', trustAnnotations: true },
    });
  });

  test.each([
    [7, ['must be an object with "url" or "command"']],
    [{}, ['needs exactly one of "url" and "command"']],
    [{ url: 'https://a.example', command: 'x' }, ['needs exactly one of "url" and "command"']],
    [{ url: 'https://a.example', transport: 'stdio' }, ['"transport: stdio" needs "command"']],
    [{ command: 'x', transport: 'sse' }, ['a "command" is spoken to over stdio, not over HTTP']],
    [
      { command: 'x', token: 't' },
      ['"token" and "headers" are for servers with a "url"; give a command its secrets in "env"'],
    ],
    [
      { url: '', args: 7, timeout: -1 },
      [
        '"url" must be a text',
        '"args" must be a list of texts',
        '"timeout" must be a number of seconds up to a day',
        'needs exactly one of "url" and "command"',
      ],
    ],
  ])('%j is refused with every problem', (value, problems) => {
    expect(readServerDeclaration(value)).toEqual({ ok: false, problems });
  });

  test('gets its references resolved, and nothing of the environment that it does not declare', () => {
    const resolve = (text: string): string => text.replace('${TOKEN}', 'secret');
    const base = { PATH: '/bin' };
    const stdio = { command: 'x', env: { KEY: '${TOKEN}' } };
    expect(resolveServer({ name: 'a', declaration: stdio, resolve, baseEnvironment: base }).address).toEqual({
      kind: 'stdio',
      command: 'x',
      args: [],
      environment: { PATH: '/bin', KEY: 'secret' },
    });
    const http = { url: 'https://a.example', token: '${TOKEN}', headers: { 'X-Key': '${TOKEN}' } };
    const { address } = resolveServer({ name: 'a', declaration: http, resolve, baseEnvironment: base });
    expect(address).toMatchObject({ form: 'auto', headers: { 'x-key': 'secret' } });
    expect(address.kind === 'http' && address.credentials?.get()).toMatchObject({
      headers: ['authorization', 'Bearer secret'],
    });
  });
});

test('a file of Claude is imported, and a broken entry hides no other', () => {
  const { servers, warnings } = readClaudeServers({
    mcpServers: {
      files: { command: 'npx', args: ['-y', 'server-filesystem', '/tmp'], env: { A: '${A}' }, type: 'stdio' },
      web: { type: 'http', url: 'https://a.example/mcp', headers: { Authorization: 'Bearer ${T}' }, disabled: false },
      off: { command: 'x', disabled: true },
      broken: { args: [] },
      odd: { type: 'sse', url: 'https://b.example/sse', alwaysAllow: ['x'] },
    },
  });
  expect(Object.fromEntries(servers)).toEqual({
    files: { command: 'npx', args: ['-y', 'server-filesystem', '/tmp'], env: { A: '${A}' } },
    web: { url: 'https://a.example/mcp', headers: { Authorization: 'Bearer ${T}' }, transport: 'auto' },
    odd: { url: 'https://b.example/sse', transport: 'sse' },
  });
  expect(warnings).toEqual([
    'off: left out, because it is disabled',
    'broken: left out, because it needs exactly one of "url" and "command"',
    'odd: "alwaysAllow" means nothing here',
  ]);
  expect(readClaudeServers([]).warnings).toEqual(['the file has no object "mcpServers"']);
});
