import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkProgram, type ProgramPolicy } from './program.ts';
import { runProgram } from './run-program.ts';

const NODE = process.execPath;
const POLICY: ProgramPolicy = {
  grep: { file: '/bin/grep', options: ['-n', '--color', '--'] },
  git_log: { file: '/usr/bin/git', prefix: ['log'], options: ['--format'], maxArguments: 2 },
  print_arguments: {
    file: NODE,
    prefix: ['-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--'],
    options: ['--', '-x'],
  },
};

describe('a program', () => {
  it('becomes a file and an argument vector', () => {
    expect(checkProgram(POLICY, 'git_log', ['--format=%h', 'main'])).toEqual({
      file: '/usr/bin/git',
      args: ['log', '--format=%h', 'main'],
    });
    expect(checkProgram(POLICY, 'grep', ['-n', 'a; rm -rf /', '-']).args).toEqual(['-n', 'a; rm -rf /', '-']);
    expect(checkProgram(POLICY, 'grep', ['--', '-rf']).args).toEqual(['--', '-rf']);
  });

  it.each([
    ['rm', ['-rf'], 'is not allowed'],
    ['toString', [], 'is not allowed'],
    ['__proto__', [], 'is not allowed'],
    ['grep', ['-r'], 'option "-r"'],
    ['grep', ['--colors'], 'option "--colors"'],
    ['grep', ['-n5'], 'option "-n5"'],
    ['git_log', ['--output=/etc/passwd'], 'option "--output=/etc/passwd"'],
    ['git_log', ['--', 'x'], 'option "--"'],
    ['git_log', ['a', 'b', 'c'], '3 arguments'],
    ['grep', ['a\0b'], 'cannot be passed on'],
  ])('%s %j is refused', (name, args, reason) => {
    expect(() => checkProgram(POLICY, name, args)).toThrow(reason);
  });

  it('gets no argument of megabytes', () => {
    expect(() => checkProgram(POLICY, 'grep', ['x'.repeat(65_537)])).toThrow('cannot be passed on');
  });

  it('is refused to an author who names it badly', () => {
    expect(() => checkProgram({ ls: { file: 'ls' } }, 'ls', [])).toThrow('not absolute');
    expect(() => checkProgram({ x: { file: '/x/run.BAT ' } }, 'x', [])).toThrow('batch file');
  });

  it('passes options that are allowed and no others, whatever stands beside them', () => {
    const argument = fc.oneof(
      fc.string(),
      fc.string().map((text) => `-${text}`),
      fc.constantFrom('-n', '--', '--color=always'),
    );
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 6 }), (args) => {
        let call: readonly string[];
        try {
          call = checkProgram(POLICY, 'grep', args).args;
        } catch (error) {
          expect(error).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS' });
          return;
        }
        const end = call.indexOf('--');
        const options = call.slice(0, end === -1 ? undefined : end).filter((each) => /^-./s.test(each));
        for (const option of options) expect(option).toMatch(/^(?:-n|--color(?:=.*)?)$/s);
      }),
      { numRuns: 1000 },
    );
  });
});

const CWD = realpathSync(tmpdir());
const script = (text: string, ...args: string[]) => ({ file: NODE, args: ['-e', text, '--', ...args] });

describe('a run', () => {
  it('gets each argument as it is, with no shell between', async () => {
    const args = ['$(id)', '; ls', '`x`', 'a\'b"c', 'ü\n', '', '*'];
    const { exit, stdout } = await runProgram(checkProgram(POLICY, 'print_arguments', args), { cwd: CWD });
    expect({ exit, args: JSON.parse(stdout) }).toEqual({ exit: 0, args });
  });

  it('has an empty environment, the given folder and the given input', async () => {
    const text =
      'process.stdin.pipe(process.stdout); console.error(process.cwd(), process.env.PATH, process.env.MINE); process.exitCode = 3';
    const run = await runProgram(script(text), { cwd: CWD, input: 'in', environment: { MINE: 'yes' } });
    expect(run).toEqual({ exit: 3, stdout: 'in', stderr: `${CWD} undefined yes\n` });
  });

  it('ends with its children when the time is up, when it is cancelled, and when it writes too much', async () => {
    const forever = script(`
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      console.log(child.pid);
      setInterval(() => {}, 1000);`);
    await expect(runProgram(forever, { cwd: CWD, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'CAPSTAN_DEADLINE_EXCEEDED',
    });
    const controller = new AbortController();
    const cancelled = runProgram(forever, { cwd: CWD, signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CAPSTAN_CANCELLED' });
    await expect(runProgram(forever, { cwd: CWD, signal: controller.signal })).rejects.toMatchObject({
      code: 'CAPSTAN_CANCELLED',
    });
    const loud = script("setInterval(() => console.log('x'.repeat(1000)), 1)");
    await expect(runProgram(loud, { cwd: CWD, maxOutputBytes: 5000 })).rejects.toMatchObject({
      code: 'CAPSTAN_PAYLOAD_TOO_LARGE',
    });
  });

  it('leaves no child behind that let go of its output', async () => {
    const text = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      console.log(child.pid); child.unref(); process.exit()`;
    const { stdout } = await runProgram(script(text), { cwd: CWD });
    await expect.poll(() => isRunning(Number(stdout))).toBe(false);
  });

  it('that cannot begin says so', async () => {
    for (const call of [
      { file: '/nowhere/x', args: [] },
      { file: '/etc/passwd', args: [] },
    ]) {
      await expect(runProgram(call, { cwd: CWD })).rejects.toMatchObject({ code: 'CAPSTAN_TOOL_FAILED' });
    }
    const args = Array.from({ length: 200 }, () => 'x'.repeat(60_000));
    await expect(runProgram({ file: NODE, args }, { cwd: CWD })).rejects.toMatchObject({ code: 'CAPSTAN_TOOL_FAILED' });
  });

  it('that is killed ends with the signal', async () => {
    expect((await runProgram(script("process.kill(process.pid, 'SIGTERM')"), { cwd: CWD })).exit).toBe('SIGTERM');
  });
});

/** One that has ended but that nobody has asked after yet (a zombie) does not run. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/status`;
  return !(existsSync(status) && /^State:\s+Z/m.test(readFileSync(status, 'utf8')));
}
