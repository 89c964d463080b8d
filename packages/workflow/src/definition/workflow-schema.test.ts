import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { WORKFLOW_DIAGNOSTICS } from './diagnostic-codes.ts';
import { readWorkflowText } from './read-workflow.ts';
import { WORKFLOW_SCHEMA } from './workflow-schema.ts';

const PAGE = readFileSync(new URL('../../../../docs/formats/workflow.md', import.meta.url), 'utf8');

test('the published schema is the one that the reader uses (else: pnpm --filter @capstan/workflow run schema)', () => {
  const published = JSON.parse(readFileSync(new URL('../../schema/workflow.schema.json', import.meta.url), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(WORKFLOW_SCHEMA)));
});

test('every diagnostic is documented, and none that does not exist', () => {
  const documented = new Set(PAGE.match(/CAPSTAN_WORKFLOW_[A-Z_]+(?<!_)\b/g));
  documented.delete('CAPSTAN_WORKFLOW_YAML');
  expect([...documented].sort()).toEqual(Object.keys(WORKFLOW_DIAGNOSTICS).sort());
});

const blocks = Array.from(PAGE.matchAll(/```yaml\n(.*?)```/gs), ([, text = '']) => text);

test.each(blocks)('an example of the page can be read: %.30s', (text) => {
  const { definition, diagnostics } = readWorkflowText({ path: 'workflow.md', text });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(definition).toBeDefined();
});

test('the page has examples', () => expect(blocks.length).toBeGreaterThan(3));
