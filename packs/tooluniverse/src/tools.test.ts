import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '@capstan/sdk';
import { createTestHost, testPack } from '@capstan/testing';
import { expect, onTestFinished, test } from 'vitest';

const PACK = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string): string => readFileSync(join(PACK, name), 'utf8');

test('every entry of the file is a tool, and one that lacks its key says which', async () => {
  const host = await createTestHost({ packs: { tooluniverse: PACK } });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  const states = host.listTools().items.map(({ exposedName, state }) => [exposedName, state.kind]);
  expect(Object.fromEntries(states)).toEqual({
    pubchem_compound_by_name: 'ready',
    uniprot_protein: 'ready',
    uniprot_search: 'ready',
    pubmed_search: 'needs_config',
  });
  expect(await host.invoke({ tool: 'pubmed_search', arguments: { term: 'crispr' } })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_NEEDS_CONFIG' },
  });
});

/** The pack with its addresses on this machine: the same file, but for scheme and host of each endpoint. */
async function packOnLoopback(): Promise<{ readonly folder: string; readonly targets: string[] }> {
  const targets: string[] = [];
  const server = createServer((request, response) => {
    targets.push(request.url ?? '');
    const body = { PropertyTable: { Properties: [{ CID: 2244 }] }, results: [{ a: 1 }], esearchresult: { count: '1' } };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const folder = mkdtempSync(join(tmpdir(), 'capstan-tooluniverse-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  writeFileSync(join(folder, 'tools.json'), read('tools.json').replaceAll(/https:\/\/[a-z.]+/g, origin));
  writeFileSync(join(folder, 'manifest.yaml'), read('manifest.yaml').replace('ui_schema: ./ui_schema.json\n', ''));
  return { folder, targets };
}

test.each<[string, JsonObject, string]>([
  [
    'pubchem_compound_by_name',
    { name: 'acetic acid' },
    '/rest/pug/compound/name/acetic%20acid/property/MolecularFormula,MolecularWeight,CanonicalSMILES/JSON',
  ],
  ['uniprot_protein', { accession: 'P69905' }, '/uniprotkb/P69905.json'],
  [
    'uniprot_search',
    { query: 'gene:HBA1 AND x', size: 3 },
    '/uniprotkb/search?format=json&fields=accession%2Cprotein_name%2Cgene_names%2Corganism_name&query=gene%3AHBA1%20AND%20x&size=3',
  ],
  [
    'pubmed_search',
    { term: 'crispr' },
    '/entrez/eutils/esearch.fcgi?db=pubmed&retmode=json&retmax=20&term=crispr&api_key=the-key-of-the-test',
  ],
])('%s with %j is a request to %s', async (tool, args, target) => {
  const { folder, targets } = await packOnLoopback();
  const host = await createTestHost({
    packs: { tooluniverse: folder },
    config: { tooluniverse: { ncbi_api_key: 'the-key-of-the-test' } },
  });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  expect(await host.invoke({ tool, arguments: args })).toMatchObject({
    status: 'succeeded',
    result: { value: { status: 'success' } },
  });
  expect(targets).toEqual([target]);
});

test('every example of the file works', async () => {
  const { folder, targets } = await packOnLoopback();
  const { results } = await testPack(folder, { config: { ncbi_api_key: 'the-key-of-the-test' } });
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
  expect(targets).toHaveLength(results.length);
});
