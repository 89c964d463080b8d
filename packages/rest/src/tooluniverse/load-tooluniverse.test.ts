import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadToolUniverse } from './load-tooluniverse.ts';

const rest = (name: string, parts: object = {}) => ({
  name,
  type: 'BaseRESTTool',
  description: 'd',
  parameter: { type: 'object', properties: { id: { type: 'string' } } },
  fields: { endpoint: 'https://api.example.com/x/{id}' },
  ...parts,
});

const load = (entries: readonly unknown[], isSet?: (variable: string) => boolean) =>
  loadToolUniverse({ path: 'a.json', entries }, isSet === undefined ? {} : { isSet });

test('a REST tool is runnable, with what a catalog needs', () => {
  const { tools, report } = load([
    rest('one', {
      aliases: ['uno'],
      category: 'bio',
      timeout: 45,
      cache_ttl: 60,
      return_schema: { type: 'object' },
      test_examples: [{ id: 'a' }, 5],
      _source: 'x_tools.json',
    }),
  ]);
  expect(tools).toMatchObject([
    {
      name: 'one',
      aliases: ['uno'],
      category: 'bio',
      timeoutMs: 45_000,
      cacheTtlS: 60,
      host: 'api.example.com',
      group: 'x_tools.json',
      examples: [{ id: 'a' }],
      work: { kind: 'rest' },
    },
  ]);
  expect(report).toEqual([
    {
      name: 'one',
      type: 'BaseRESTTool',
      place: { path: 'a.json', at: { index: 0 } },
      status: 'runnable',
      variables: [],
      notes: [],
    },
  ]);
});

test('a key that is needed is a setting, and a variable that is told', () => {
  const entry = rest('keyed', {
    fields: {
      endpoint: 'https://x.example',
      auth_header: { env_var: 'X_KEY', header: 'x-api-key', register_url: 'https://x.example/keys' },
    },
    required_api_keys: ['X_KEY', 'OTHER_KEY'],
  });
  const { tools, report } = load([entry], (variable) => variable === 'OTHER_KEY');
  expect(report[0]).toMatchObject({
    status: 'needs_config',
    variables: ['X_KEY'],
    reason: 'X_KEY is not set',
    hint: 'Set the variable X_KEY, or the setting x_key.',
  });
  expect(tools[0]?.settings).toEqual({
    x_key: {
      type: 'string',
      'x-secret': true,
      'x-env': 'X_KEY',
      description: 'Key of the service',
      'x-help-url': 'https://x.example/keys',
    },
    other_key: { type: 'string', 'x-secret': true, 'x-env': 'OTHER_KEY', description: 'Key of the service' },
  });
  expect(load([entry], () => true).report[0]).toMatchObject({ status: 'runnable', variables: [] });
});

test('MCP loaders and clients become servers', () => {
  const { mcpServers, report, tools } = load([
    {
      name: 'a',
      type: 'MCPAutoLoaderTool',
      server_url: 'http://${A_HOST}:8080/mcp',
      tool_prefix: '',
      required_api_keys: ['A_HOST'],
    },
    {
      name: 'b',
      type: 'MCPAutoLoaderTool',
      server_url: 'http://b/',
      selected_tools: ['x'],
      timeout: 7,
      headers: { 'X-K': '${B_KEY}' },
      auth_env: 'B_TOKEN',
    },
    { name: 'c', type: 'MCPClientTool', server_url: 'http://c/sse', transport: 'sse' },
    {
      name: 'd',
      type: 'MCPProxyTool',
      server_url: 'http://d/mcp',
      target_tool_name: 't',
      http_headers_from_env: { Authorization: 'D_AUTH' },
    },
    { name: 'e', type: 'MCPClientTool', server_url: 'ws://e', transport: 'websocket' },
    { name: 'f', type: 'MCPClientTool' },
  ]);
  expect(tools).toEqual([]);
  expect(mcpServers).toMatchObject([
    {
      name: 'a',
      serverUrl: 'http://${A_HOST}:8080/mcp',
      transport: 'http',
      toolPrefix: '',
      timeoutMs: 5_000,
      variables: ['A_HOST'],
    },
    {
      name: 'b',
      serverUrl: 'http://b/mcp',
      toolPrefix: 'mcp_',
      selectedTools: ['x'],
      timeoutMs: 7_000,
      tokenVariable: 'B_TOKEN',
      variables: ['B_KEY', 'B_TOKEN'],
    },
    { name: 'c', serverUrl: 'http://c/sse', transport: 'sse', toolPrefix: '', timeoutMs: 600_000 },
    { name: 'd', selectedTools: ['t'], headers: { Authorization: '${D_AUTH}' }, variables: ['D_AUTH'] },
  ]);
  expect(report.map(({ status }) => status)).toEqual([
    'needs_config',
    'needs_config',
    'runnable',
    'needs_config',
    'unsupported',
    'unsupported',
  ]);
});

test('other types load, do not run, and say what does', () => {
  const { tools, report } = load([
    { name: 'p', type: 'AgenticTool', parameter: { type: 'object' } },
    { name: 'w', type: 'WeatherAPITool' },
  ]);
  expect(tools.map(({ work }) => work.kind)).toEqual(['unsupported', 'unsupported']);
  expect(report).toMatchObject([
    {
      status: 'unsupported',
      hint: 'Run it there and add it as an MCP server: tooluniverse-smcp-stdio --include-tools p, under mcp_servers.',
    },
    { status: 'unsupported', hint: 'Run "capstan pack enable openweather".' },
  ]);
});

test('one broken entry, line or file hides no other', () => {
  const deep = JSON.parse(`${'{"items":'.repeat(80)}{}${'}'.repeat(80)}`);
  const { tools, report } = loadToolUniverse([
    { path: 'broken.json', text: '[{"name": "x",}]' },
    { path: 'lines.jsonl', text: `${JSON.stringify(rest('one'))}\n{"name":\n\n${JSON.stringify(rest('two'))}\n` },
    { path: 'single.json', text: `\ufeff${JSON.stringify(rest('three'))}` },
    {
      path: 'odd.json',
      entries: [
        null,
        5,
        {},
        { name: 'x' },
        rest('deep', { parameter: deep }),
        rest('no', { fields: null }),
        rest('host', { fields: { endpoint: 'https://{h}/x' } }),
        rest('four'),
      ],
    },
  ]);
  expect(tools.map(({ name, work }) => `${name} ${work.kind}`)).toEqual([
    'one rest',
    'two rest',
    'three rest',
    'no unsupported',
    'host unsupported',
    'four rest',
  ]);
  expect(
    report.map(({ place, status, reason }) =>
      `${place.path} ${Object.values(place.at)} ${status} ${reason ?? ''}`.slice(0, 70),
    ),
  ).toEqual([
    expect.stringMatching(/^broken\.json 0 invalid not JSON: /),
    'lines.jsonl 1 runnable ',
    expect.stringMatching(/^lines\.jsonl 2 invalid not JSON: /),
    'lines.jsonl 4 runnable ',
    'single.json 0 runnable ',
    'odd.json 0 invalid an entry is an object',
    'odd.json 1 invalid an entry is an object',
    'odd.json 2 invalid it has no name',
    'odd.json 3 invalid it has no type',
    expect.stringMatching(/^odd\.json 4 invalid its parameter is no schema/),
    'odd.json 5 unsupported it has no fields.endpoint',
    'odd.json 6 unsupported url: an argument may not choose the host',
    'odd.json 7 runnable ',
  ]);
});

test('the same tool twice is one tool; another tool of its name keeps apart', () => {
  const other = rest('one', { description: 'another' });
  const { tools, report } = load([rest('one', { _source: 'a' }), rest('one', { _source: 'b' }), other, other]);
  const [, second] = tools.map(({ name }) => name);
  expect(tools.map(({ name }) => name)).toEqual(['one', expect.stringMatching(/^one_[0-9a-f]{6}$/)]);
  expect(report.map(({ notes }) => notes)).toEqual([
    [],
    ['it is the same as an earlier entry, "one"'],
    [`another entry has the name "one": this one is called "${second}"`],
    [`another entry has the name "one": this one is called "${second}"`],
  ]);
});

test('what a schema cannot mean is noted, and the schema stays as it is', () => {
  const parameter = { type: 'object', properties: { a: { type: 'string', required: true } } };
  const { tools, report } = load([rest('one', { parameter })]);
  expect(tools[0]?.inputSchema).toBe(parameter);
  expect(report[0]?.notes[0]).toContain('properties.a.required');
});

test('whatever a file holds, it is loaded or reported, and never an exception', () => {
  const key = fc.constantFrom(
    'name',
    'type',
    'fields',
    'endpoint',
    'params',
    'headers',
    'parameter',
    'properties',
    'default',
    'auth_header',
    'env_var',
    'server_url',
    '__proto__',
    'test_examples',
  );
  const text = fc.constantFrom('a', 'BaseRESTTool', 'MCPAutoLoaderTool', 'https://x/{a}', '{{', '${', '', 'x\r\ny');
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      text,
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(key, tie('any'), { maxKeys: 6 }),
    ),
  }));
  const entry = fc.oneof(
    any,
    fc.record({ name: text, type: text, fields: any, parameter: any, server_url: text }, { requiredKeys: [] }),
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), fc.string(), (entries, junk) => {
      const { report } = loadToolUniverse([
        { path: 'a', entries },
        { path: 'b', text: JSON.stringify(entries) },
        { path: 'c', text: junk },
      ]);
      expect(report.length).toBeGreaterThanOrEqual(entries.length * 2);
    }),
    { numRuns: 1_000 },
  );
});
