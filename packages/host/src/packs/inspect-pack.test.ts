import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDiagnostic } from '@capstan/schema';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test-kit/pack-folder.ts';
import { inspectPack } from './inspect-pack.ts';

const docs = (path: string): string => readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8');

const [, ours = ''] = docs('diagnostics.md').split('\n## Declared calls and sources\n');
const sections = ours
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    code: section.slice(0, section.indexOf('\n')),
    example: /```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? '',
  }));

test('the page explains every code that a host adds', () => {
  expect(sections.map(({ code }) => code)).toEqual([
    'CAPSTAN_PACK_HTTP_BACKEND',
    'CAPSTAN_PACK_SOURCE_BROKEN',
    'CAPSTAN_PACK_SOURCE_PARTIAL',
  ]);
});

test.each(sections)('$code: the example shows it, and nothing else', ({ code, example }) => {
  const entry = { name: 'Think', type: 'PythonThinker', description: 'Thinks', parameter: { type: 'object' } };
  const folder = temporaryFolder({ 'manifest.yaml': example, 'tools.json': JSON.stringify([entry]) });
  const codes = inspectPack(folder).diagnostics.map((diagnostic) => diagnostic.code);
  expect([...new Set(codes)]).toEqual([code]);
});

test('the example of sources loads as a manifest', () => {
  const [, example = ''] = /```yaml source\n([\s\S]*?)```/.exec(docs('formats/http-tools.md')) ?? [];
  const empty = '[]';
  const api = JSON.stringify({ openapi: '3.1.0', info: { title: 'T', version: '1' }, paths: {} });
  const folder = temporaryFolder({
    'manifest.yaml': `code: sample\nversion: 1.0.0\n${example}`,
    'api.yaml': api,
    'tools.json': empty,
    'more-tools.jsonl': empty,
  });
  expect(inspectPack(folder, { strict: true }).diagnostics.map(formatDiagnostic)).toEqual([]);
});

test('a mistake in a declared call is told with its line, and strictly a warning is an error', () => {
  const folder = temporaryFolder({
    'manifest.yaml': `code: sample
version: 1.0.0
description: D
tools:
  - name: broken
    description: D
    http:
      url: https://api.example.com/{id}
      response: { pick: "body." }
tooluniverse: tools.json
`,
    'tools.json': '[{}]',
  });
  const { diagnostics, manifest } = inspectPack(folder, { displayPath: 'pack' });
  expect(diagnostics.map(({ severity, code, position }) => [severity, code, position.line])).toEqual([
    ['error', 'CAPSTAN_PACK_HTTP_BACKEND', 9],
    ['warning', 'CAPSTAN_PACK_SOURCE_PARTIAL', 10],
  ]);
  expect(diagnostics[0]?.position.path).toBe(join('pack', 'manifest.yaml'));
  expect(manifest?.tools.map(({ name }) => name)).toEqual(['broken']);
  const strict = inspectPack(folder, { strict: true });
  expect(strict.diagnostics.every(({ severity }) => severity === 'error')).toBe(true);
  expect(strict.manifest).toBeUndefined();
});
