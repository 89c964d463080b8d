import { readYaml } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { corpusFile, corpusManifests } from './corpus.test.support.ts';
import { load } from './loading.test.support.ts';

const manifests = corpusManifests();

describe.runIf(manifests.length > 0)('real manifests', () => {
  test('the manifest of the seed loads with no diagnostics, strictly too', () => {
    expect(load(corpusFile('seed_manifest.yaml'), { strict: true })).toMatchObject({
      manifest: { code: 'your_remote_tools', tools: [{ backend: { kind: 'code' } }, { backend: { kind: 'code' } }] },
      diagnostics: [],
    });
  });

  test('each loads, with exactly these diagnostics', async () => {
    const lines = manifests.flatMap(({ name, text }) => {
      const { manifest, diagnostics } = load(text);
      expect(manifest, name).toBeDefined();
      return diagnostics.map(({ code, position: { line, column } }) => `${name} ${code} ${line}:${column}`);
    });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./corpus.diagnostics.txt');
  });

  test('a foreign schema gives the verdict that Ajv gives by itself', () => {
    const foreignSchema = documentOf(corpusFile('mindscape/schema/manifest.schema.yaml'));
    const accepts = new Ajv({ strict: false, logger: false }).compile(Object(foreignSchema));
    const verdicts = manifests.map(({ name, text }) => {
      const { diagnostics } = load(text, { foreignSchema: asSchema(foreignSchema) });
      const accepted = !diagnostics.some(({ code }) => code === 'CAPSTAN_MANIFEST_FOREIGN_SCHEMA');
      expect(accepted, name).toBe(accepts(documentOf(text)));
      return accepted;
    });
    expect(verdicts).toContain(true);
    expect(verdicts).toContain(false);
  });
});

function documentOf(text: string): unknown {
  return readYaml(text, { path: 'corpus', codePrefix: 'TEST' }).value;
}

function asSchema(value: unknown): JsonSchema {
  if (typeof value !== 'object' || value === null) throw new Error('no schema');
  return { ...value };
}
