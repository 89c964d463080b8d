import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { createHost, type Host } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHostBackend } from './backend/host-backend.ts';
import type { CliIo } from './cli-io.ts';
import { type FakeIo, fakeIo } from './fake-io.test.support.ts';
import { runCli } from './run-cli.ts';

const CLIENT = { name: 'test', version: '1' };
let host: Host;

beforeEach(async () => {
  host = await createHost();
  host.register({
    id: 'app.echo',
    description: 'Says it again.',
    inputSchema: {
      type: 'object',
      required: ['text'],
      properties: { text: { type: 'string' }, times: { type: 'integer', default: 1, description: 'How often.' } },
      additionalProperties: false,
    },
    annotations: { readOnly: true },
    handler: (input) => input,
  });
  host.register({
    id: 'app.refuse',
    description: 'Never works.',
    handler: () => {
      throw new CapstanError('CAPSTAN_REMOTE_UNREACHABLE', 'nobody at home', {
        cause: new Error('the deepest reason'),
      });
    },
  });
  host.register({
    id: 'app.steps',
    description: 'Tells how far it is.',
    handler: (_input, context) => {
      context.progress({ progress: 1, total: 3, message: 'packing' });
      return 'done\u001b[31m';
    },
  });
});

afterEach(() => host.close());

async function run(argv: readonly string[], parts: Partial<CliIo> & { terminalColumns?: number } = {}) {
  const fake: FakeIo = fakeIo({ argv, ...parts });
  const principal = { id: 'system:cli', roles: ['admin'], permissions: [] };
  const code = await runCli(fake.io, async () =>
    createHostBackend({ host, principal, surface: 'cli', close: async () => {} }),
  );
  return { code, out: fake.stdout(), err: fake.stderr(), fake };
}

describe('help', () => {
  const commands = [
    [],
    ['start'],
    ['tool'],
    ['tool', 'list'],
    ['tool', 'describe'],
    ['tool', 'call'],
    ['pack'],
    ['pack', 'list'],
    ['pack', 'validate'],
    ['pack', 'enable'],
    ['pack', 'disable'],
    ['config', 'explain'],
    ['connection', 'list'],
    ['connection', 'test'],
    ['connection', 'authorize'],
    ['status'],
    ['contract', 'verify'],
    ['mcp'],
  ];
  test.each(commands.map((words) => ({ words })))(
    'capstan $words --help goes to stdout and exits 0',
    async ({ words }) => {
      const { code, out, err } = await run([...words, '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`Usage: ${['capstan', ...words].join(' ')}`);
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    },
  );

  test('every command that does something has examples', async () => {
    for (const words of commands.filter((command) => !['tool', 'pack'].includes(command.join(' ')))) {
      const { out } = await run([...words, '--help']);
      expect(out, words.join(' ')).toMatch(/Examples:\n {2}# .*\n {2}\$ /u);
    }
  });

  test('the version is that of the package', async () => {
    const { out } = await run(['--version']);
    const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(out).toBe(`${manifest.version}\n`);
  });
});

describe('wrong usage', () => {
  test.each([
    { argv: ['tool', 'lst'], message: "unknown command 'lst'", hint: 'Did you mean list?' },
    { argv: ['tool', 'list', '--serch', 'x'], message: "unknown option '--serch'", hint: 'Did you mean --search?' },
    { argv: ['--json', 'tool', 'list'], message: "unknown option '--json'", hint: 'Write --json after a command' },
    { argv: ['tool', 'call'], message: "missing required argument 'name'", hint: '--help' },
    { argv: ['tool', 'list', '-o', 'xml'], message: 'Allowed choices are text, json', hint: '--help' },
    {
      argv: ['tool', 'call', 'echo', '--arg', 'text'],
      message: "--arg 'text' is not key=value",
      hint: 'Write --arg to=U1',
    },
  ])('capstan $argv exits 2 and says what is meant', async ({ argv, message, hint }) => {
    const { code, out, err } = await run(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error CAPSTAN_INVALID_REQUEST: /u);
    expect(err).toContain(message);
    expect(err).toContain(hint);
    expect(err.trimEnd().split('\n')).toHaveLength(2);
  });

  test('without a command it shows the help and exits 2', async () => {
    const { code, err, out } = await run([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Usage: capstan/u);
    expect(err).not.toMatch(/^error/mu);
  });

  test('with -o json the error is JSON', async () => {
    const { code, err } = await run(['tool', 'nothing', '-o', 'json']);
    expect(code).toBe(2);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'CAPSTAN_INVALID_REQUEST' } });
  });
});

describe('tool list', () => {
  test('shows an aligned table', async () => {
    const { code, out } = await run(['tool', 'list']);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'TOOL      PACK  STATE  DOES',
        '✓ echo    app   ready  Says it again.',
        '✓ refuse  app   ready  Never works.',
        '✓ steps   app   ready  Tells how far it is.',
        '',
      ].join('\n'),
    );
  });

  test('fits a terminal', async () => {
    const { out } = await run(['tool', 'list'], { terminalColumns: 40, env: { NO_COLOR: '1' } });
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });

  test('finds by words', async () => {
    const { out } = await run(['tool', 'list', '--search', 'again', '--json']);
    expect(JSON.parse(out)).toMatchObject({ items: [{ name: 'echo' }] });
  });

  test('says what to do when nothing is there', async () => {
    await host.close();
    host = await createHost();
    expect((await run(['tool', 'list'])).out).toContain('no tools in workspace default yet: "capstan pack list"');
    expect((await run(['tool', 'list', '--search', 'x'])).out).toContain('no tool of workspace default fits "x"');
    expect((await run(['pack', 'list'])).out).toContain('no packs yet: a pack is a folder with a manifest.yaml');
    expect((await run(['connection', 'list'])).out).toContain('no connections in workspace default yet');
  });

  test('a workspace that does not exist is an error', async () => {
    const { code, err } = await run(['tool', 'list', '-w', 'none']);
    expect(code).toBe(3);
    expect(err).toMatch(/^error CAPSTAN_WORKSPACE_NOT_FOUND: .*\nhint: /u);
  });
});

describe('tool describe', () => {
  test('shows the arguments, the required ones first', async () => {
    const { out } = await run(['tool', 'describe', 'app.echo']);
    expect(out).toContain('echo\nSays it again.');
    expect(out).toContain('tool id      app.echo');
    expect(out).toMatch(/text +string +yes\ntimes +integer +How often. · default 1/u);
  });

  test('gives programs the whole schema', async () => {
    const { out } = await run(['tool', 'describe', 'echo', '--json']);
    expect(JSON.parse(out)).toMatchObject({ id: 'app.echo', input_schema: { required: ['text'] } });
  });

  test('names the tool that was meant', async () => {
    const { code, err } = await run(['tool', 'describe', 'ecko']);
    expect(code).toBe(3);
    expect(err).toContain(
      "error CAPSTAN_TOOL_NOT_FOUND: no tool 'ecko' in workspace default\nhint: Did you mean echo?",
    );
  });
});

describe('tool call', () => {
  test('prints the result alone on stdout', async () => {
    const { code, out, err } = await run(['tool', 'call', 'echo', '--arg', 'text=5', '--arg', 'times=2']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual({ text: '5', times: 2 });
  });

  test('takes arguments from --json, and single ones over them', async () => {
    const { out } = await run(['tool', 'call', 'echo', '--json', '{"text":"a","times":1}', '--arg', 'times=3']);
    expect(JSON.parse(out)).toEqual({ text: 'a', times: 3 });
  });

  test('takes arguments from stdin', async () => {
    const { out } = await run(['tool', 'call', 'echo', '--json', '-'], { stdin: Readable.from(['{"text":"in"}']) });
    expect(JSON.parse(out)).toEqual({ text: 'in' });
  });

  test('-o json gives the outcome in the form of the REST surface', async () => {
    const { code, out } = await run(['tool', 'call', 'echo', '--arg', 'text=x', '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      execution_id: expect.stringMatching(/^exe_/u),
      status: 'succeeded',
      result: { text: 'x' },
    });
  });

  test('lists every problem with the arguments', async () => {
    const { code, out, err } = await run(['tool', 'call', 'echo', '--json', '{"txt":"a"}']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('error CAPSTAN_INVALID_ARGUMENTS: ');
    expect(err).toMatch(/^ {2}.*text/mu);
    expect(err).toMatch(/^ {2}.*txt/mu);
    expect(err).toContain('hint: Correct the arguments listed above; "capstan tool describe echo" shows');
  });

  test('code that fails in process says how to see the cause', async () => {
    host.register({
      id: 'app.broken',
      description: 'Breaks.',
      handler: () => {
        throw new Error('the deepest reason');
      },
    });
    const { code, err } = await run(['tool', 'call', 'broken']);
    expect(code).toBe(6);
    expect(err).not.toContain('the deepest reason');
    expect(err).toContain('hint: Run it again with --debug to see the cause.');
    expect((await run(['tool', 'call', 'broken', '--debug'])).err).toContain('caused by Error: the deepest reason');
  });

  test('a failing tool gives its code, hint and exit code, and no stack', async () => {
    const { code, out, err } = await run(['tool', 'call', 'refuse']);
    expect({ code, out }).toEqual({ code: 6, out: '' });
    expect(err).toMatch(/^error CAPSTAN_REMOTE_UNREACHABLE: nobody at home\nhint: .*\nexecution exe_[\w-]+\n$/u);
  });

  test('--debug adds stack and causes', async () => {
    const { err } = await run(['tool', 'call', 'refuse', '--debug']);
    expect(err).toContain('    at ');
    expect(err).toContain('caused by Error: the deepest reason');
  });

  test('a failed call is JSON on stdout for programs, with the same exit code', async () => {
    const { code, out, err } = await run(['tool', 'call', 'refuse', '-o', 'json']);
    expect({ code, err }).toEqual({ code: 6, err: '' });
    expect(JSON.parse(out)).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_REMOTE_UNREACHABLE' } });
  });

  test('an unknown tool is called, recorded and told, with the name that was meant', async () => {
    const { code, err } = await run(['tool', 'call', 'refus']);
    expect(code).toBe(3);
    expect(err).toContain('hint: Did you mean refuse?');
    expect(host.metrics().invocations_failed).toBe(1);
  });

  test('progress goes to stderr, and nothing of a tool commands the terminal', async () => {
    const { out, err } = await run(['tool', 'call', 'steps']);
    expect(out).toBe('done\n');
    expect(err).toBe('… 1/3 packing\n');
  });

  test('Ctrl-C cancels the call', async () => {
    const started = Promise.withResolvers<void>();
    host.register({
      id: 'app.wait',
      description: 'Waits.',
      handler: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          started.resolve();
        }),
    });
    const fake = fakeIo({ argv: ['tool', 'call', 'wait'] });
    const principal = { id: 'system:cli', roles: ['admin'], permissions: [] };
    const running = runCli(fake.io, async () =>
      createHostBackend({ host, principal, surface: 'cli', close: async () => {} }),
    );
    await started.promise;
    fake.signal('SIGINT');
    expect(await running).toBe(8);
    expect(fake.stderr()).toContain('error CAPSTAN_CANCELLED');
  });
});

describe('settings', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'capstan-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const inProcess = async (argv: readonly string[], io: Partial<CliIo> = {}) => {
    const fake = fakeIo({ argv, cwd: folder, ...io });
    return { code: await runCli(fake.io), out: fake.stdout(), err: fake.stderr() };
  };

  test('a --config that is not there is an error', async () => {
    const { code, err } = await inProcess(['tool', 'list', '--config', 'other.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('no settings at other.yaml');
  });

  test('wrong settings are told with file, line and column, and nothing runs', async () => {
    writeFileSync(join(folder, 'capstan.yaml'), 'version: 1\nworkspces: {}\n');
    const { code, err } = await inProcess(['tool', 'list']);
    expect(code).toBe(5);
    expect(err).toContain('error CAPSTAN_CONFIG_INVALID: capstan.yaml cannot be used');
    expect(err).toContain('capstan.yaml:2:1 - error ');
  });

  test('looking leaves no trace in the folder', async () => {
    const { code, out } = await inProcess(['pack', 'list']);
    expect(code).toBe(0);
    expect(out).toContain('no packs yet');
    expect(() => readFileSync(join(folder, '.capstan'))).toThrow('ENOENT');
  });

  test('a call in process is recorded in the data folder', async () => {
    await inProcess(['tool', 'call', 'nothing', '--data', 'state']);
    const records = readFileSync(join(folder, 'state', 'audit', 'cli-1', '0000000000000001.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(records.map((line) => JSON.parse(line))).toMatchObject([
      { tool: 'nothing', surface: 'cli', status: 'failed', code: 'CAPSTAN_TOOL_NOT_FOUND' },
    ]);
  });

  test('what commands did in process is listed, exported and verified without a server', async () => {
    const at = ['--data', 'state'];
    await inProcess(['tool', 'call', 'nothing', ...at]);
    await inProcess(['tool', 'call', '=cmd()', ...at]);
    const list = await inProcess(['audit', 'list', ...at]);
    expect(list.out).toMatch(/system:cli\s+=cmd\(\)\s+failed\s+CAPSTAN_TOOL_NOT_FOUND/);
    expect((await inProcess(['audit', 'list', '--status', 'denied', ...at])).out).toContain('no records fit');
    const since = await inProcess(['audit', 'list', '--since', '1h', '--tool', 'nothing', '-o', 'json', ...at]);
    expect(JSON.parse(since.out).items).toHaveLength(1);
    const csv = await inProcess(['audit', 'export', '--format', 'csv', ...at]);
    expect(csv.out.split('\r\n')).toHaveLength(4);
    expect(csv.out).toContain(",'=cmd(),");
    const lines = (await inProcess(['audit', 'export', ...at])).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).tool)).toEqual(['=cmd()', 'nothing']);
    expect(await inProcess(['audit', 'verify', ...at])).toMatchObject({ code: 0 });
    const path = join(folder, 'state', 'audit', 'cli-1', '0000000000000001.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('nothing', 'nowhere'));
    const found = await inProcess(['audit', 'verify', ...at]);
    expect(found.code).toBe(2);
    expect(found.out).toContain('cli-1/0000000000000001.jsonl:1: record 1 was changed');
    expect((await inProcess(['audit', 'report', ...at])).err).toContain('needs a running server');
    expect((await inProcess(['audit', 'list', '--limit', 'some', ...at])).code).toBe(2);
  });

  test('a server that is named but away is told by its URL', async () => {
    const { code, err } = await inProcess(['tool', 'list', '--url', 'http://127.0.0.1:9/']);
    expect(code).toBe(6);
    expect(err).toContain('the server at http://127.0.0.1:9 does not answer');
  });

  test('mcp answers what was asked before stdin ended, ends, and writes nothing but the protocol', async () => {
    const asked = [
      { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT } },
      { method: 'notifications/initialized' },
      { id: 2, method: 'tools/list' },
      { id: 3, method: 'tools/call', params: { name: 'nothing' } },
    ];
    const text = asked.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('');
    const { code, out, err } = await inProcess(['mcp'], { stdin: Readable.from([text]) });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const answers = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toMatchObject([
      { jsonrpc: '2.0', id: 1, result: { serverInfo: { name: 'capstan' } } },
      { jsonrpc: '2.0', id: 2, result: { tools: [] } },
      { jsonrpc: '2.0', id: 3, error: { code: -32_602 } },
    ]);
  });

  test('mcp does not wait for a call that takes long when the client has gone', async () => {
    const started = Promise.withResolvers<AbortSignal>();
    host.register({
      id: 'app.wait',
      description: 'Waits.',
      handler: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          started.resolve(signal);
        }),
    });
    const stdin = new PassThrough();
    const running = run(['mcp'], { stdin });
    stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'wait' } })}\n`);
    const signal = await started.promise;
    stdin.end();
    expect((await running).code).toBe(0);
    expect(signal.aborted).toBe(true);
  });

  test('several may use one data folder in process at the same time', async () => {
    const stdin = new PassThrough();
    const first = inProcess(['mcp'], { stdin });
    expect((await inProcess(['tool', 'call', 'nothing'])).code).toBe(3);
    expect((await inProcess(['mcp'])).code).toBe(0);
    stdin.end();
    expect((await first).code).toBe(0);
  });

  test('mcp on a workspace that does not exist says so on stderr', async () => {
    const { code, out, err } = await inProcess(['mcp', '-w', 'none']);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('error CAPSTAN_WORKSPACE_NOT_FOUND');
  });
});
