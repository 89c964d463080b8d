import { readFileSync } from 'node:fs';
import { readYaml } from '@capstan/schema';
import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import { expect, test } from 'vitest';
import type { Host } from '../host.ts';
import { hostOn } from '../test-kit/test-host.ts';

const principal = { id: 'user:ann', roles: ['agent'], permissions: [] };

/** The examples of the documentation, as they lie there. */
function example(name: string): JsonValue {
  const path = new URL(`../../../../docs/examples/${name}.workflow.yaml`, import.meta.url);
  // Plain JSON data.
  return readYaml(readFileSync(path, 'utf8'), { path: name, codePrefix: 'DOCS' }).value as JsonValue;
}

async function hostWith(tools: Readonly<Record<string, (input: JsonObject) => JsonValue>>): Promise<Host> {
  const { host } = await hostOn({ 'capstan.yaml': 'version: 1\nworkspaces: { default: {} }\n' });
  for (const [name, work] of Object.entries(tools)) {
    host.register({
      id: `app.${name}`,
      description: name,
      handler: (input) => work({ ...input }),
      ...(name === 'unreliable_api' ? { breaker: BREAKER } : {}),
    });
  }
  return host;
}

const BREAKER = { failureThreshold: 3, recoveryTimeoutMs: 30_000, successThreshold: 2 };

async function outputOf(host: Host, name: string, inputs: JsonObject = {}): Promise<JsonValue | undefined> {
  const runId = await host.runs.start({ workflow: example(name), principal, inputs });
  const result = await host.runs.result({ workspace: 'default', runId });
  if (result?.state !== 'succeeded') throw new Error(JSON.stringify(result));
  return result.output;
}

test('the research chain hands on what each step found', async () => {
  const host = await hostWith({
    search_web: ({ query }) => [`https://example.com/${String(query).length}`],
    extract_article_text: ({ urls }) => `text of ${JSON.stringify(urls)}`,
    analyze_sentiment: () => 'glad',
    generate_summary: ({ articles, mood }) => `${articles}, ${mood}`,
  });
  expect(await outputOf(host, 'research-chain')).toMatchObject({
    step_3: 'text of ["https://example.com/22"], glad',
  });
});

test('the data of a user comes from five sources, and one that fails leaves a hole', async () => {
  const host = await hostWith({
    get_user_profile: ({ user_id }) => ({ id: user_id ?? null }),
    get_user_preferences: () => ['dark'],
    get_user_activity: ({ days }) => days ?? 0,
    get_user_social_graph: () => {
      throw new Error('down');
    },
    calculate_user_score: () => 7,
  });
  expect(await outputOf(host, 'user-data', { user_id: 'user123' })).toEqual({
    profile: { id: 'user123' },
    preferences: ['dark'],
    activity: 30,
    social_graph: null,
    score: 7,
  });
});

test('an unreliable service is left alone once its breaker is open, and a stand-in answers for it', async () => {
  let calls = 0;
  const host = await hostWith({
    unreliable_api: () => {
      calls += 1;
      throw new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', 'temporarily unavailable');
    },
    cached_answer: ({ data }) => `kept for ${data}`,
  });
  const output = await outputOf(host, 'unreliable-service');
  expect(output).toEqual(Array.from({ length: 10 }, (_, index) => `kept for test_data_${index}`));
  expect(calls).toBe(BREAKER.failureThreshold);
});
