import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpusManifests } from './corpus.test.support.ts';
import { loadManifest } from './load-manifest.ts';
import { loadManifestFolder } from './load-manifest-folder.ts';
import { HEAD, withTool } from './loading.test.support.ts';
import { pathInPack } from './pack-files.ts';
import type { ManifestLoading } from './pack-manifest.ts';

/** Runs, and a seed that is printed: the same seed gives the same inputs. */
function runs(numRuns: number): { readonly numRuns: number; readonly seed: number } {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  // biome-ignore lint/suspicious/noConsole: whoever repeats a run needs it
  console.log(`${expect.getState().currentTestName}: ${numRuns} runs, seed ${seed}`);
  return { numRuns, seed };
}

const OWN = withTool(
  'remote: { tool_type: a, action: b, params: { x: 1 } }\ninput_schema: { type: object }\nschema_path: in.json',
);
const samples = [OWN, HEAD, ...corpusManifests().map(({ text }) => text)].map((text) => text.slice(0, 8_000));

/** Loads any text, and checks what must hold whatever the text is. */
function loadAny(text: string, strict = false): ManifestLoading {
  const loading = loadManifest({
    path: 'manifest.yaml',
    text,
    strict,
    readFile(path) {
      expect(pathInPack(path)).toBe(path);
      return '{ "type": "object" }';
    },
  });
  const errors = loading.diagnostics.filter(({ severity }) => severity === 'error');
  if (!loading.manifest) expect(errors.length).toBeGreaterThan(0);
  else expect(errors.every(({ code }) => code === 'CAPSTAN_MANIFEST_DUPLICATE_TOOL')).toBe(true);
  for (const { position } of loading.diagnostics) expect(position.line * position.column).toBeGreaterThan(0);
  expect(() => JSON.stringify(loading.manifest)).not.toThrow();
  expect(Object.keys(Object.prototype)).toEqual([]);
  return loading;
}

const PIECES = [
  '\n',
  '  ',
  '- ',
  ': ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '&a ',
  '*a',
  '!!int ',
  '|',
  '>',
  '#',
  '<<: *a',
  '__proto__',
  'null',
  '\t',
  '%',
  '---\n',
  '\u0000',
  '\ufffd',
  '?',
  '9'.repeat(400),
];

interface Mutation {
  readonly at: number;
  readonly length: number;
  readonly piece: string;
}

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.constant(0), fc.nat(40)),
  piece: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 10 }), fc.constant('')),
});

function mutate(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((mutant, { at, length, piece }) => {
    const start = Math.floor(at * mutant.length);
    return mutant.slice(0, start) + piece + mutant.slice(start + length);
  }, text);
}

describe('whatever a manifest holds, loading ends with a manifest or with errors', () => {
  test('real manifests with faults', () => {
    const mutant = fc.tuple(fc.constantFrom(...samples), fc.array(mutation, { minLength: 1, maxLength: 8 }));
    fc.assert(
      fc.property(mutant, fc.boolean(), ([text, mutations], strict) => {
        loadAny(mutate(text, mutations), strict);
      }),
      runs(1_500),
    );
  });

  test('random bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 500 }).map((array) => new TextDecoder().decode(array));
    fc.assert(
      fc.property(fc.oneof(bytes, fc.string({ unit: 'binary', maxLength: 300 })), (text) => {
        loadAny(text);
        loadAny(HEAD + text);
      }),
      runs(1_000),
    );
  });

  test('data of any form under our keys, names of the prototype among them', () => {
    const key = fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'name',
      'type',
      'schema',
      'properties',
      'items',
      'required',
      '$ref',
      'pattern',
      'default',
      'tools',
      'remote',
      'backend',
      'input_schema',
      'config',
      'code',
      'id',
      'version',
      'aliases',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom<unknown>(
          'a',
          'a.b',
          'a:b',
          './x.json',
          '#',
          '#/properties/a',
          '(?=x)',
          1,
          -1,
          1.5,
          true,
          null,
          '__proto__',
        ),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
      ),
    }));
    const manifest = fc.dictionary(key, value).map((partial) => ({ code: 'a', version: '1.0.0', ...partial }));
    const tool = value.map((input) => ({
      code: 'a',
      version: '1.0.0',
      tools: [{ name: 'b', backend: './b.js:c', ...Object(input) }, input],
    }));
    fc.assert(
      fc.property(fc.oneof(manifest, tool), (document) => {
        loadAny(JSON.stringify(document));
      }),
      runs(1_500),
    );
  });

  test.each([
    ['aliases that multiply', bomb()],
    ['ten megabytes', `code: a\nversion: 1.0.0\ndescription: "${'x'.repeat(10_000_000)}"`],
    ['ten megabytes of keys', `code: a\n${'k: 1\n'.repeat(2_000_000)}`],
    ['open brackets', `code: a\ntools: ${'['.repeat(500_000)}`],
    ['open braces', `code: a\ntools: ${'{a: '.repeat(200_000)}`],
    ['dashes', `code: a\ntools:\n${'- '.repeat(500_000)}`],
    ['explicit keys', `code: a\ntools:\n${'? '.repeat(500_000)}`],
    ['deep indentation', Array.from({ length: 1_400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['quotes', `code: a\ntools: ${'"'.repeat(1_000_000)}`],
    ['unknown keys', `${HEAD}${Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join('\n')}`],
    ['tools without anything', `${HEAD}tools: [${'{},'.repeat(200_000)}]`],
    ['tools of one name', `${HEAD}tools: [${'{ name: a.b },'.repeat(60_000)}]`],
    [
      'a wide schema',
      withTool(
        `input_schema: { properties: { ${Array.from({ length: 40_000 }, (_, index) => `p${index}: { required: true }`).join(', ')} } }`,
      ),
    ],
    ['references that fan out', withTool(`input_schema: { $ref: "#/$defs/d30", $defs: { d0: {}, ${fanOut(30)} } }`)],
    ['a pattern that explodes', withTool(`input_schema: { pattern: "${'(a{1,9}){1,9}'.repeat(60)}" }`)],
  ])('%s', (_name, text) => {
    loadAny(text);
  });
});

function bomb(): string {
  const level = (index: number): string =>
    `a${index}: &a${index} [${Array.from({ length: 10 }, () => `*a${index - 1}`).join(', ')}]`;
  return `code: a\na0: &a0 x\n${Array.from({ length: 20 }, (_, index) => level(index + 1)).join('\n')}`;
}

function fanOut(levels: number): string {
  const level = (index: number): string =>
    `d${index}: { allOf: [{ $ref: "#/$defs/d${index - 1}" }, { $ref: "#/$defs/d${index - 1}" }] }`;
  return Array.from({ length: levels }, (_, index) => level(index + 1)).join(', ');
}

describe('nothing outside the folder of the pack is read', () => {
  const CANARY = 'canary-7c1e';
  let root: string;
  let pack: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'capstan-hostile-'));
    pack = join(root, 'pack');
    mkdirSync(join(pack, 'a/b'), { recursive: true });
    for (const name of ['x.json', 'in.json'])
      writeFileSync(join(root, name), `{ "title": "${CANARY}", "type": "${CANARY}" }`);
    writeFileSync(join(pack, 'in.json'), '{ "title": "inside" }');
    symlinkSync('..', join(pack, 'up'));
    symlinkSync('../x.json', join(pack, 'x.json'));
    symlinkSync(root, join(pack, 'a/root'));
    symlinkSync('../../in.json', join(pack, 'a/in.json'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test('whatever path a manifest names', () => {
    const step = fc.constantFrom(
      '..',
      '.',
      'a',
      'b',
      'up',
      'root',
      'x.json',
      'in.json',
      '',
      '~',
      '%2e%2e',
      '..\\',
      'C:',
      'file:',
      '\u2025',
    );
    const path = fc.tuple(
      fc.constantFrom('', '/', './', 'ROOT/'),
      fc.array(step, { maxLength: 6 }),
      fc.constantFrom('', '.json', '/x.json', '/in.json'),
    );
    fc.assert(
      fc.property(path, fc.constantFrom('schema_path', 'input', 'ui'), ([start, steps, end], where) => {
        const named = JSON.stringify(`${start.replace('ROOT', root)}${steps.join('/')}${end}`);
        const line = { schema_path: `schema_path: ${named}`, input: `input_schema: { schema_path: ${named} }`, ui: '' }[
          where
        ];
        writeFileSync(join(pack, 'manifest.yaml'), `${withTool(line)}${where === 'ui' ? `ui_schema: ${named}` : ''}`);
        const loading = loadManifestFolder(pack, { displayPath: 'pack' });
        expect(JSON.stringify([loading.manifest, loading.diagnostics])).not.toContain(CANARY);
      }),
      runs(1_000),
    );
  });
});
