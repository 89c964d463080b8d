import { VERSION } from '../version.ts';

/** How the tools of a new pack work. */
export const NEW_PACK_KINDS = ['http', 'remote', 'code'] as const;
export type NewPackKind = (typeof NEW_PACK_KINDS)[number];

/** The files of a new pack, by path. */
export function newPackFiles(code: string, kind: NewPackKind): Readonly<Record<string, string>> {
  const shared = {
    'manifest.yaml': manifest(code, kind),
    'package.json': `${JSON.stringify(packageJson(code, kind), undefined, 2)}\n`,
    'ui_schema.json': `${JSON.stringify(uiSchema(kind), undefined, 2)}\n`,
    'README.md': readme(code, kind),
  };
  return kind === 'code'
    ? {
        ...shared,
        'src/tools.ts': TOOLS,
        'src/tools.test.ts': TESTS,
        'tsconfig.json': `${JSON.stringify(TSCONFIG, undefined, 2)}\n`,
      }
    : shared;
}

function manifest(code: string, kind: NewPackKind): string {
  return `manifest_version: 1
code: ${code}
display_name: "${titleOf(code)}"
version: "0.1.0"
type: connector
description: "What this pack is for, in one sentence."
engines: { capstan: ">=${VERSION.split('.').slice(0, 2).join('.')} <1" }
ui_schema: ./ui_schema.json
${kind === 'code' ? '' : settings(code)}
tools:
${TOOLS_OF[kind](code)}`;
}

function settings(code: string): string {
  const prefix = code.toUpperCase();
  return `permissions: [network_access]

config:
  schema:
    - name: base_url
      type: string
      required: true
      env_var: ${prefix}_BASE_URL
      description: "Where the service runs: scheme, host and port."
      placeholder: "https://api.example.com"
    - name: api_token
      type: string
      secret: true
      env_var: ${prefix}_API_TOKEN
      description: "The token of the service. It is sent as a bearer token."
`;
}

const TOOLS_OF: Readonly<Record<NewPackKind, (code: string) => string>> = {
  http: () => `  - name: get_thing
    description: >-
      Gets one thing by its id. Use it when somebody asks about a thing. It changes nothing, and it does not search.
    danger_level: low
    annotations: { read_only: true, destructive: false, idempotent: true, open_world: true }
    http:
      method: GET
      url: "\${config.base_url}/things/{id}"
    input_schema:
      type: object
      required: [id]
      additionalProperties: false
      properties:
        id: { type: string, minLength: 1, maxLength: 100, description: "The id of the thing." }
    output_schema: { type: object }
    examples:
      - { id: "1" }
`,
  remote: () => `  - name: thing.get
    description: >-
      Gets one thing by its id. Use it when somebody asks about a thing. It changes nothing, and it does not search.
    danger_level: low
    annotations: { read_only: true, destructive: false, idempotent: true, open_world: true }
    remote: { tool_type: thing, action: get }
    input_schema:
      type: object
      required: [id]
      additionalProperties: false
      properties:
        id: { type: string, minLength: 1, maxLength: 100, description: "The id of the thing." }
    output_schema: { type: object }
    examples:
      - { id: "1" }
`,
  code: () => `  - name: count_words
    description: >-
      Counts the words of a text. Use it when somebody asks how long a text is. It keeps nothing of the text.
    danger_level: low
    annotations: { read_only: true, destructive: false, idempotent: true, open_world: false }
    backend: "./dist/tools.js:countWords"
    input_schema:
      type: object
      required: [text]
      additionalProperties: false
      properties:
        text: { type: string, maxLength: 100000, description: "The text." }
    output_schema:
      type: object
      required: [words]
      properties:
        words: { type: integer, minimum: 0 }
    examples:
      - { text: "two words" }
`,
};

const TOOLS = `import { defineTool, type ToolFactory } from '@capstan/sdk';

/** What \`input_schema\` of count_words lets through. */
export interface CountWordsInput {
  readonly text: string;
}

export const countWords: ToolFactory<CountWordsInput> = defineTool(() => ({ text }) => ({
  words: text.split(/\\s+/u).filter((word) => word !== '').length,
}));
`;

/** Named apart: what stands in a text is no import of this file. */
const RUNNER_IMPORT = ['import { expect, test }', `from 'vitest';`].join(' ');

const TESTS = `import { testContext, testServices } from '@capstan/testing';
${RUNNER_IMPORT}
import { countWords } from './tools.ts';

test('words are counted, whatever stands between them', async () => {
  expect(await countWords(testServices())({ text: ' two\\n words ' }, testContext())).toEqual({ words: 2 });
});
`;

const TSCONFIG = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024'],
    module: 'nodenext',
    types: ['node'],
    rootDir: 'src',
    outDir: 'dist',
    declaration: true,
    strict: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    rewriteRelativeImportExtensions: true,
    skipLibCheck: true,
  },
  include: ['src'],
};

function packageJson(code: string, kind: NewPackKind): object {
  const range = `^${VERSION}`;
  return {
    name: `capstan-pack-${code.replaceAll('_', '-')}`,
    version: '0.1.0',
    description: `A capability pack for Capstan: ${titleOf(code)}.`,
    keywords: ['capstan-pack'],
    license: 'MIT',
    type: 'module',
    files: [...(kind === 'code' ? ['dist'] : []), 'manifest.yaml', 'ui_schema.json'],
    ...(kind === 'code'
      ? {
          exports: { '.': './dist/tools.js', './manifest.yaml': './manifest.yaml', './package.json': './package.json' },
          scripts: { build: 'tsc -p .', test: 'vitest run --dir src', prepack: 'npm run build' },
          dependencies: { '@capstan/sdk': range },
          devDependencies: {
            '@capstan/testing': range,
            '@types/node': '^26.0.0',
            typescript: '^7.0.0',
            vitest: '^5.0.0',
          },
        }
      : { exports: { './manifest.yaml': './manifest.yaml', './package.json': './package.json' } }),
  };
}

function uiSchema(kind: NewPackKind): object {
  if (kind === 'code') return {};
  return { 'ui:order': ['base_url', 'api_token'], api_token: { 'ui:widget': 'password' } };
}

function readme(code: string, kind: NewPackKind): string {
  return `# ${titleOf(code)}

A capability pack for Capstan. \`capstan pack docs . --write\` makes this page of the manifest.

    capstan pack validate . --strict
    capstan pack test .${kind === 'code' ? '' : ' --set base_url=https://… --set api_token=env:TOKEN'}
    capstan serve .
`;
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
