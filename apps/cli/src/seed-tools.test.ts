import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadManifestFolder } from '@capstan/manifest';
import { describe, expect, test } from 'vitest';

const CONFIGS = resolve(import.meta.dirname, '../../../../shared/corpus/seed_tool_configs.json');
const PACKS = resolve(import.meta.dirname, '../../../packs');

/** The tools of the five configs that stand in the project's seed texts: which pack has each, and what it answers with. */
const TOOLS: Readonly<Record<string, { readonly pack: string; readonly result: readonly string[] }>> = {
  rest_api_call: { pack: 'http-request', result: ['status_code', 'data', 'headers'] },
  openai_completion: { pack: 'openai-compatible', result: ['completion', 'usage', 'model'] },
  weather_api: {
    pack: 'openweather',
    result: ['city', 'country', 'temperature', 'feels_like', 'humidity', 'pressure', 'description', 'wind_speed'],
  },
  database_query: { pack: 'postgres', result: ['data', 'count', 'query'] },
  microservice_call: { pack: 'microservice', result: ['service_name', 'endpoint', 'status_code', 'data'] },
};

interface Parameter {
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required: readonly string[];
}

function toolOf(name: string) {
  const { pack = '' } = TOOLS[name] ?? {};
  const tool = loadManifestFolder(resolve(PACKS, pack)).manifest?.tools.find((each) => each.name === name);
  if (!tool) throw new Error(`packs/${pack} has no tool ${name}`);
  return tool;
}

describe.each(Object.entries(TOOLS))('%s', (name, { result }) => {
  test('answers with the fields that its users know', () => {
    expect(JSON.parse(JSON.stringify(toolOf(name).outputSchema)).required).toEqual(expect.arrayContaining([...result]));
  });
});

if (existsSync(CONFIGS)) {
  const configs: readonly { readonly name: string; readonly parameter: Parameter }[] = JSON.parse(
    readFileSync(CONFIGS, 'utf8'),
  );
  test('each config of the corpus has its tool', () => {
    expect(configs.map((config) => config.name).sort()).toEqual(Object.keys(TOOLS).sort());
  });

  test.each(configs)('$name takes the arguments of its config: names, types, enums, bounds, defaults', (config) => {
    const { properties = {}, required = [] } = JSON.parse(JSON.stringify(toolOf(config.name).inputSchema));
    expect(required).toEqual(config.parameter.required);
    for (const [argument, { description: _, ...keywords }] of Object.entries(config.parameter.properties)) {
      expect({ argument, ...properties[argument] }).toMatchObject({ argument, ...keywords });
    }
  });
} else {
  process.stderr.write(`not run, for want of ${CONFIGS}: the configs of the corpus against the packs\n`);
}
