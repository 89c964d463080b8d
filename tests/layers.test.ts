import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkLayers } from '../scripts/layers/check.mjs';
import { importsOf } from '../scripts/layers/imports.mjs';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A package in a fixture tree: what its package.json says, and its files under src. */
interface FixturePackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly src?: Readonly<Record<string, string>>;
}

const NAMES: Readonly<Record<string, string>> = { 'packs/mine': 'mine' };

function tree(packages: Readonly<Record<string, FixturePackage>>): string {
  const root = mkdtempSync(join(tmpdir(), 'layers-'));
  folders.push(root);
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  write('pnpm-workspace.yaml', 'packages:\n  - x\n\ncatalog:\n  "@types/node": 26.0.0\n  yaml: 2.0.0\n\nother: 1\n');
  for (const [folder, { src = {}, ...json }] of Object.entries(packages)) {
    const name = NAMES[folder] ?? `@capstan/${folder.split('/')[1]}`;
    write(`${folder}/package.json`, JSON.stringify({ name, ...json }));
    for (const [path, content] of Object.entries(src)) write(`${folder}/src/${path}`, content);
  }
  return root;
}

function problemsOf(packages: Readonly<Record<string, FixturePackage>>): readonly string[] {
  return checkLayers(tree(packages)).problems;
}

const ours = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`@capstan/${name}`, 'workspace:*']));

describe('the layers', () => {
  it('let every arrow of the design pass', () => {
    const sdk = "import { x } from '@capstan/sdk';\n";
    expect(
      problemsOf({
        'packages/sdk': { src: { 'index.ts': "export { x } from './x.ts';\n", 'x.ts': 'export const x = 1;\n' } },
        'packages/schema': {
          dependencies: { ...ours('sdk'), 'js-yaml': '1' },
          src: { 'a.ts': `${sdk}import 'js-yaml';\n` },
        },
        'packages/http': { dependencies: ours('sdk', 'schema'), src: { 'a.ts': "import net from 'node:net';\n" } },
        'packages/remote': { dependencies: ours('http'), devDependencies: ours('example-remote-service') },
        'packages/host': { dependencies: ours('remote', 'sdk') },
        'packages/testing': { dependencies: ours('host') },
        'apps/server': { dependencies: ours('host'), src: { 'a.ts': 'console.log(process.env);\n' } },
        'apps/cli': { dependencies: ours('server') },
        'apps/example-remote-service': {},
        'packs/mine': {
          dependencies: { '@capstan/sdk': '^0.1.0' },
          devDependencies: { '@capstan/testing': '^0.1.0' },
          src: { 'a.ts': sdk, 'a.test.ts': "import '@capstan/testing';\nimport 'vitest';\n" },
        },
      }),
    ).toEqual([]);
  });

  it.each([
    ['packages/sdk', 'schema', "'packages/schema' stands above 'packages/sdk'"],
    ['packages/remote', 'manifest', 'packages of one layer do not import each other'],
    ['packages/host', 'server', "'apps/server' stands above 'packages/host'"],
    ['packages/unheard', 'sdk', "'packages/unheard' stands in no layer"],
  ])('refuse that %s depends on %s, in package.json and in an import', (folder, target, reason) => {
    const targets = {
      sdk: 'packages/sdk',
      schema: 'packages/schema',
      manifest: 'packages/manifest',
      server: 'apps/server',
    };
    const problems = problemsOf({
      [targets[target as keyof typeof targets]]: {},
      [folder]: { dependencies: ours(target), src: { 'a.ts': `import type { X } from '@capstan/${target}';\n` } },
    });
    expect(problems).toEqual([
      expect.stringMatching(new RegExp(`^${folder}/package.json: may not depend on @capstan/${target}: `)),
      expect.stringMatching(new RegExp(`^${folder}/src/a.ts:1: may not import @capstan/${target}: `)),
    ]);
    for (const problem of problems) expect(problem).toContain(reason);
  });

  it('hold tests to the same arrows', () => {
    const problems = problemsOf({
      'packages/manifest': {},
      'packages/config': { devDependencies: ours('manifest'), src: { 'a.test.ts': "import '@capstan/manifest';\n" } },
    });
    expect(problems).toHaveLength(2);
  });

  it('let a pack see the sdk and nothing else of ours, nor another pack', () => {
    const problems = problemsOf({
      'packages/host': {},
      'packages/testing': {},
      'packs/mine': { src: { 'a.ts': "import '@capstan/host';\nimport '@capstan/testing';\n" } },
      'packages/remote': { src: { 'a.ts': "import 'mine';\n" } },
    });
    expect(problems).toEqual([
      expect.stringContaining('a pack is loaded by a host, never imported'),
      expect.stringContaining(
        'packs/mine/src/a.ts:1: may not import @capstan/host: a pack knows nothing but @capstan/sdk',
      ),
      expect.stringContaining('packs/mine/src/a.ts:2: may not import @capstan/testing'),
    ]);
  });
});

describe('an import', () => {
  it('must be declared, for tests and types too', () => {
    const problems = problemsOf({
      'packages/sdk': {
        devDependencies: { 'only-dev': '1' },
        src: {
          'a.ts': "import 'nowhere';\nexport type { X } from 'only-dev';\n",
          'a.test.ts': "import 'only-dev';\nimport 'nowhere/deep';\nimport 'vitest';\n",
        },
      },
    });
    expect(problems).toEqual([
      'packages/sdk/src/a.test.ts:2: imports nowhere, which packages/sdk/package.json does not declare',
      'packages/sdk/src/a.ts:1: imports nowhere, which packages/sdk/package.json does not declare as a dependency',
      'packages/sdk/src/a.ts:2: imports only-dev, which packages/sdk/package.json does not declare as a dependency',
    ]);
  });

  it('neither leaves its package by a path nor names its own package', () => {
    expect(
      problemsOf({ 'packages/sdk': { src: { 'a.ts': "import '../../host/src/x.ts';\nimport '@capstan/sdk';\n" } } }),
    ).toEqual([
      "packages/sdk/src/a.ts:1: '../../host/src/x.ts' leaves the package; import by name",
      'packages/sdk/src/a.ts:2: imports its own package; use a relative path',
    ]);
  });

  it('is found in every form that it takes', () => {
    const source = [
      "import a from 'a';",
      "import type { B } from 'b';",
      "import {\n  type C,\n  c as d,\n} from 'c';",
      "import * as d from 'd';",
      "import e, { f } from 'e';",
      "export * from 'f';",
      "export * as g from 'g';",
      "export { h } from 'h';",
      "import 'i';",
      "const j = await import('j');",
      "type K = import('k').K;",
      "import l, * as m from 'l';",
      "  // import 'no';",
      "/**\n * import 'no';\n */",
      "const text = 'a // b'; const n = import('m');",
      "export const from = 'no';",
    ].join('\n');
    const found = importsOf(source).map(({ specifier }) => specifier);
    expect(found.sort()).toEqual([...'abcdefghijklm']);
  });
});

describe('a library that shapes an area', () => {
  it('is imported by its own package only', () => {
    const use = (library: string): FixturePackage => ({
      dependencies: { [library]: '1' },
      src: { 'a.ts': `import '${library}';\n` },
    });
    expect(
      problemsOf({ 'packages/config': use('js-yaml'), 'packages/catalog': use('@modelcontextprotocol/client') }),
    ).toEqual([
      "packages/catalog/src/a.ts:1: '@modelcontextprotocol/client' belongs to packages/mcp alone",
      "packages/config/src/a.ts:1: 'js-yaml' belongs to packages/schema alone",
    ]);
    expect(problemsOf({ 'packages/config': use('lodash'), 'packages/catalog': use('lodash') })).toHaveLength(2);
    expect(problemsOf({ 'packages/config': use('semver'), 'packages/catalog': use('semver') })).toEqual([]);
  });

  it('may be used by any test', () => {
    const problems = problemsOf({
      'packages/remote': { devDependencies: { undici: '1' }, src: { 'a.test.ts': "import 'undici';\n" } },
    });
    expect(problems).toEqual([]);
  });
});

describe('the outside world', () => {
  it.each([
    ['const x = process.env.HOME;', 'process.env'],
    ['const [, , x] = globalThis.process.argv;', 'process.env'],
    ["import { env } from 'node:process';", 'process.env'],
    ['console.log(1);', 'console'],
    ['const x = `${process.env.HOME}`;', 'process.env'],
    ["import { connect } from 'node:net';", 'packages/http'],
    ["const { request } = await import('node:https');", 'packages/http'],
    ['const x = await fetch(url);', 'packages/http'],
    ['const get = options.fetch ?? fetch;', 'packages/http'],
  ])('is not at hand in a package: %s', (line, named) => {
    expect(problemsOf({ 'packages/host': { src: { 'a.ts': `${line}\n` } } })).toEqual([
      expect.stringMatching(new RegExp(`^packages/host/src/a.ts:1: only .*${named}`)),
    ]);
    expect(problemsOf({ 'apps/cli': { src: { 'a.ts': `${line}\n` } } })).toEqual([]);
    expect(problemsOf({ 'packages/host': { src: { 'a.test.ts': `${line}\n` } } })).toEqual([]);
  });

  it.each([
    '// console.log(process.env)',
    '/** `process.env` */',
    'interface X {\n  fetch(request: Request): Response;\n}',
    'const x = { console: 1 };',
    'this.console.log(1);',
    "const hint = 'https://console.example.com';",
    'const processEnv = 1;',
  ])('is not meant by %j', (text) => {
    expect(problemsOf({ 'packages/host': { src: { 'a.ts': `${text}\n` } } })).toEqual([]);
  });
});

describe('a circle', () => {
  it('of files is found, through types too, and shown as a path', () => {
    const problems = problemsOf({
      'packages/sdk': {
        src: {
          'a.ts': "import './b.ts';\n",
          'b.ts': "import type { C } from './deep/c.ts';\n",
          'deep/c.ts': "export { a } from '../a.ts';\n",
          'd.ts': "import './a.ts';\n",
        },
      },
    });
    expect(problems).toEqual([
      'files import each other in a circle: packages/sdk/src/a.ts -> packages/sdk/src/b.ts -> packages/sdk/src/deep/c.ts -> packages/sdk/src/a.ts',
    ]);
  });

  it('of packages is found where the layers alone would let it pass', () => {
    const problems = problemsOf({
      'apps/cli': { dependencies: ours('server') },
      'apps/server': { dependencies: ours('cli') },
    });
    expect(problems).toEqual(['packages depend on each other in a circle: apps/cli -> apps/server -> apps/cli']);
  });

  it('that was known and is gone has to be taken off the list', () => {
    const src = { 'adapter.ts': 'export {};\n', 'tool.ts': 'export {};\n' };
    expect(problemsOf({ 'packages/sdk': { src } })).toEqual([expect.stringContaining('is gone; take it out')]);
  });
});

describe('a pack', () => {
  it('names versions that mean the same outside of this repository', () => {
    const problems = problemsOf({
      'packages/sdk': {},
      'packs/mine': {
        dependencies: ours('sdk'),
        devDependencies: { '@types/node': '25.0.0', yaml: '2.0.0', typescript: 'catalog:' },
      },
    });
    expect(problems).toEqual([
      "packs/mine/package.json: @capstan/sdk is 'workspace:*', which means nothing outside of here",
      "packs/mine/package.json: @types/node is '25.0.0', but '26.0.0' in the catalog",
      "packs/mine/package.json: typescript is 'catalog:', which means nothing outside of here",
    ]);
  });
});

describe('a tsconfig', () => {
  it('references what its package depends on, also from beside the folder', () => {
    const root = tree({ 'packages/sdk': {}, 'packages/schema': { dependencies: ours('sdk') }, 'packs/mine': {} });
    writeFileSync(join(root, 'packages/schema/tsconfig.json'), '{"references":[]}');
    expect(checkLayers(root).problems).toEqual([
      'packages/schema/tsconfig.json: does not reference packages/sdk, which packages/schema/package.json depends on',
    ]);
    writeFileSync(join(root, 'packages/schema/tsconfig.json'), '{"references":[{"path":"../sdk"}]}');
    expect(checkLayers(root).problems).toEqual([]);
  });
});

describe('the command', () => {
  const SCRIPT = join(import.meta.dirname, '../scripts/layers.mjs');
  const run = (root: string): { readonly status: number; readonly stderr: string } => {
    try {
      execFileSync(process.execPath, [SCRIPT, root], { stdio: 'pipe' });
      return { status: 0, stderr: '' };
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: Buffer };
      return { status, stderr: stderr.toString() };
    }
  };

  it('fails with a bad tree, and with an empty one, and passes with a good one', () => {
    const good = { 'packages/sdk': { src: { 'a.ts': 'export {};\n' } } };
    const bad = { 'packages/sdk': { src: { 'a.ts': "import 'js-yaml';\n" } } };
    expect(run(tree(good))).toEqual({ status: 0, stderr: '' });
    expect(run(tree(bad))).toMatchObject({ status: 1, stderr: expect.stringContaining('packages/sdk/src/a.ts:1: ') });
    expect(run(tree({}))).toMatchObject({ status: 1 });
  });
});
