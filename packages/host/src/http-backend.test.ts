import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { hostOn } from './test-kit/test-host.ts';

async function weatherService(): Promise<{ readonly url: string; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ main: { temp: 21.5 }, name: 'Oslo' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const MANIFEST = `code: weather
display_name: Weather
version: 1.0.0
description: Weather
config:
  schema:
    - { name: base_url, type: string, required: true, description: Where }
    - { name: api_token, type: string, secret: true, description: Token }
tools:
  - name: current
    description: The weather now
    danger_level: low
    annotations: { read_only: true }
    input_schema: { type: object, required: [city], properties: { city: { type: string }, units: { type: string } } }
    http: { method: GET, url: "\${config.base_url}/v1/{city}/now", response: { pick: "body.main.temp" } }
  - name: broken
    description: Cannot be read
    http: { method: GET, url: "\${config.base_url}/x", response: { pick: "body." } }
`;

test('a declared HTTP call runs like any tool, and a broken declaration stops no other', async () => {
  const service = await weatherService();
  const { host } = await hostOn({
    'packs/weather/manifest.yaml': MANIFEST,
    'capstan.yaml': `version: 1
discover: [./packs/*]
packs: { weather: { config: { base_url: "${service.url}", api_token: token-of-the-weather } } }
workspaces: { default: { packs: [weather] } }
egress: { allow_private: [127.0.0.0/8] }
`,
  });
  expect(host.packs()).toMatchObject([{ code: 'weather', state: { kind: 'ready' } }]);
  const outcome = await host.invoke({ tool: 'current', arguments: { city: 'Oslo/1', units: 'metric' } });
  expect(outcome).toMatchObject({ status: 'succeeded', result: { value: 21.5 } });
  expect(service.seen).toEqual(['GET /v1/Oslo%2F1/now?units=metric Bearer token-of-the-weather']);
  expect(host.findTool('broken')?.state).toMatchObject({
    kind: 'unsupported',
    reason: expect.stringContaining('http.response'),
  });
});
