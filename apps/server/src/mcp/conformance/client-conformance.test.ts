import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runSuite } from './test-kit/run-suite.ts';

/**
 * What the suite asks of clients, but for signing users in (a host calls servers with credentials of its own), and for
 * `sse-retry`, which passes, but measures milliseconds.
 */
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  '2026-07-28': [
    'tools_call',
    'request-metadata',
    'sep-2322-client-request-state',
    'http-standard-headers',
    'http-custom-headers',
    'http-invalid-tool-headers',
    'json-schema-ref-no-deref',
    'json-schema-2020-12-preservation',
  ],
  '2025-11-25': ['initialize', 'tools_call', 'elicitation-sep1034-client-defaults', 'json-schema-2020-12-preservation'],
};
const LIMIT_MS = 60_000;
const CLIENT = [
  process.execPath,
  '--conditions=@capstan/source',
  join(import.meta.dirname, 'test-kit/client-of-suite.ts'),
].join(' ');

test.for(
  Object.entries(SCENARIOS).flatMap(([revision, scenarios]) =>
    scenarios.map((scenario) => [scenario, revision] as const),
  ),
)('a host as a client passes %s of revision %s', async ([scenario, revision]) => {
  const target = { client: CLIENT, scenario };
  const { scenarios, failures } = await runSuite(target, revision, AbortSignal.timeout(LIMIT_MS));
  expect(scenarios).toEqual([scenario]);
  expect([...failures]).toEqual([]);
});
