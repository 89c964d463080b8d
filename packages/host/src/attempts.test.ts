import { expect, test } from 'vitest';
import { contractService } from './test-kit/contract-service.ts';
import { hostOn } from './test-kit/test-host.ts';

const MANIFEST = `code: orders
display_name: Orders
version: 1.0.0
description: Orders
config:
  schema:
    - { name: base_url, type: string, required: true, description: Where }
tools:
  - name: declared
    description: Asks over HTTP
    annotations: { read_only: true }
    http: { method: GET, url: "\${config.base_url}/declared" }
  - name: far
    description: Asks over the remote contract
    annotations: { read_only: true }
    remote: { tool_type: orders, action: far }
  - name: coded
    description: Asks in code
    annotations: { read_only: true }
    backend: ./tools.mjs:coded
  - name: alone
    description: Asks nobody
    backend: ./tools.mjs:alone
`;

const CODE = `
export const coded = ({ http, config }) => async (_input, context) =>
  (await http.request(config.base_url + '/coded', { context })).json();
export const alone = () => () => ({});
`;

test('the record of a call says how many requests it took, and nothing where none was counted', async () => {
  const service = await contractService();
  const seen = new Set<string>();
  service.answer(({ path }) => {
    const isFirst = !seen.has(path);
    seen.add(path);
    return isFirst ? { status: 503, body: {} } : { status: 200, body: { success: true, result: {} } };
  });
  const { host, records } = await hostOn(
    {
      'packs/orders/manifest.yaml': MANIFEST,
      'packs/orders/tools.mjs': CODE,
      'capstan.yaml': `version: 1
discover: [./packs/*]
packs: { orders: { trust: in_process, config: { base_url: "${service.url}" } } }
workspaces: { default: { packs: [orders] } }
egress: { allow_private: [127.0.0.0/8] }
`,
    },
    { random: () => 0 },
  );
  for (const tool of ['declared', 'far', 'coded', 'alone', 'declared']) {
    expect(await host.invoke({ tool })).toMatchObject({ status: 'succeeded' });
  }
  expect(records.map(({ attempts }) => attempts)).toEqual([2, 2, 2, undefined, 1]);
});
