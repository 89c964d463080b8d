import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInside, resolveInside } from './inside-folder.ts';

/** Of POSIX: Node cannot make a pipe with a name. */
const MAKE_PIPE = 'mkfifo';

let place: string;
let root: string;

beforeEach(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'inside-')));
  root = join(place, 'root');
  mkdirSync(join(root, 'sub'), { recursive: true });
  mkdirSync(join(place, 'root-neighbour'));
  writeFileSync(join(root, 'sub', 'a.txt'), 'inside');
  writeFileSync(join(place, 'secret.txt'), 'outside');
});

afterEach(() => rmSync(place, { recursive: true }));

describe('a path inside a folder', () => {
  it('resolves to where it leads, through links that stay inside', async () => {
    symlinkSync('sub', join(root, 'link'));
    symlinkSync(join(root, 'sub', 'a.txt'), join(root, 'absolute'));
    const target = join(root, 'sub', 'a.txt');
    for (const path of ['sub/a.txt', 'link/a.txt', 'absolute', './link/../sub/a.txt']) {
      expect(await resolveInside(root, path)).toBe(target);
    }
    expect(await resolveInside(root, '.')).toBe(root);
  });

  it('may name what does not exist yet', async () => {
    symlinkSync('sub', join(root, 'link'));
    expect(await resolveInside(root, 'link/new/deep.txt')).toBe(join(root, 'sub', 'new', 'deep.txt'));
  });

  it.each([
    ['../secret.txt', '../secret.txt'],
    ['link', join('..', 'secret.txt')],
    ['link', '../root-neighbour'],
    ['link', '/dev/zero'],
    ['link', '../nothing-yet.txt'],
    ['link/new.txt', '../nothing-yet'],
    ['link/x', '..'],
    ['link', 'link'],
  ])('%s does not leave by a link to %s', async (path, target) => {
    if (path.startsWith('link')) symlinkSync(target, join(root, 'link'));
    await expect(resolveInside(root, path)).rejects.toThrow(/leads out|leaves its folder|ELOOP/);
    await expect(openInside(root, path, 'write')).rejects.toThrow();
    expect(readFileSync(join(place, 'secret.txt'), 'utf8')).toBe('outside');
  });

  it('may have a root that is itself a link', async () => {
    symlinkSync(root, join(place, 'alias'));
    expect(await resolveInside(join(place, 'alias'), 'sub/a.txt')).toBe(join(root, 'sub', 'a.txt'));
  });

  it('names no pipe and no socket', async () => {
    execFileSync(MAKE_PIPE, [join(root, 'pipe')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
    for (const path of ['pipe', 'socket']) {
      await expect(resolveInside(root, path)).rejects.toThrow('neither a file nor a folder');
    }
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a file inside a folder', () => {
  it('is read, written and made', async () => {
    const reading = await openInside(root, 'sub/a.txt');
    expect(await reading.readFile('utf8')).toBe('inside');
    await reading.close();
    const writing = await openInside(root, 'sub/a.txt', 'write');
    await writing.writeFile('new');
    await writing.close();
    expect(readFileSync(join(root, 'sub', 'a.txt'), 'utf8')).toBe('new');
    await (await openInside(root, 'made.txt', 'create')).close();
    await expect(openInside(root, 'made.txt', 'create')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(openInside(root, 'sub/a.txt/b', 'read')).rejects.toThrow();
  });

  it('is no folder', async () => {
    await expect(openInside(root, 'sub')).rejects.toThrow('neither a file');
  });
});
