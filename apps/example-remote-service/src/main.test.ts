import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { readCommandLine } from './command-line.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no stdout');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the child said nothing');
}

async function exitOf(child: ChildProcess): Promise<{ readonly code: number | null; readonly error: string }> {
  let error = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    error += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, error };
}

describe('the command', () => {
  it('prints one JSON line when it is ready, and ends well on SIGTERM', async () => {
    const child = run(['--json', '--port', '0'], { EXAMPLE_REMOTE_TOKEN: 'from-env' });
    const ready = JSON.parse(await firstLine(child));
    expect(ready).toEqual({ ready: true, url: `http://127.0.0.1:${ready.port}`, port: expect.any(Number) });
    const headers = { authorization: 'Bearer from-env' };
    expect((await fetch(`${ready.url}/v1/tools`, { headers })).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exitOf(child)).toEqual({ code: 0, error: '' });
  });

  it('shows a token only when it made one itself', async () => {
    const line = await firstLine(run(['--port', '0']));
    const [, url, token] = /^example remote service on (\S+), token (\S+)$/.exec(line) ?? [];
    expect((await fetch(`${url}/v1/tools`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect(await firstLine(run(['--port', '0', '--token', 'mine']))).not.toContain('mine');
  });

  it.each([
    [['--port', 'abc'], "--port 'abc' is no port"],
    [['--fault', 'rest=1'], "no fault 'rest'"],
    [['--colour'], "Unknown option '--colour'"],
  ])('says what is wrong with %j, without a stack, and exits 2', async (args, message) => {
    const { code, error } = await exitOf(run(args));
    expect(code).toBe(2);
    expect(error).toContain(message);
    expect(error).not.toContain('    at ');
  });

  it('takes the token of the command line before that of the environment, and an empty one as none', () => {
    const variables = { EXAMPLE_REMOTE_TOKEN: 'b' };
    expect(readCommandLine(['--token', 'a'], variables)).toMatchObject({ options: { token: 'a' }, tokenIsNew: false });
    expect(readCommandLine([], variables)).toMatchObject({ options: { token: 'b' }, tokenIsNew: false });
    expect(readCommandLine([], { EXAMPLE_REMOTE_TOKEN: '' })).toMatchObject({ tokenIsNew: true });
  });
});
