import { expect, test } from 'vitest';
import { manifestOf } from '../loading.test.support.ts';
import { packReadme } from './pack-readme.ts';

const MANIFEST = `code: orders
display_name: Orders
version: 1.0.0
description: Finds orders.
reveal: [token]
config:
  schema:
    - { name: base_url, required: true, env_var: ORDERS_URL, description: "Where it | is." }
    - { name: token, secret: true }
tools:
  - name: orders.find
    display_name: Find orders
    description: "Finds orders by customer. Use it when somebody asks. It changes nothing."
    danger_level: low
    annotations: { read_only: true, idempotent: true }
    permissions: [network_access]
    rate_limit: 10
    backend: "./dist/tools.js:find"
    input_schema:
      type: object
      required: [customer]
      properties:
        customer: { type: string, description: "Who \`ordered\`." }
        limit: { type: integer, minimum: 1, maximum: 50, default: 20 }
        state: { enum: [open, done] }
        tags: { type: array, items: { type: string } }
    output_schema: { type: object, properties: { items: { type: [array, "null"] } } }
    examples: [{ customer: C1 }]
  - { name: ping, backend: "./dist/tools.js:ping" }
`;

test('a README says what the pack does, how it is enabled, and what each tool takes and gives', () => {
  expect(packReadme(manifestOf(MANIFEST), { packageName: 'orders-pack' })).toMatchSnapshot();
});

test('what a pack has not, its README does not mention', () => {
  const text = packReadme(
    manifestOf('code: bare\nversion: 1.0.0\ntools: [{ name: a.b, http: { url: https://x.test } }]'),
  );
  expect(text).not.toMatch(/Settings|npm install|trust|environment|Arguments|Result|For example/);
  expect(text).toContain('packs:\n  bare: {}\nworkspaces:');
});

test('text of a manifest stays text: it ends no cell, no code and no block', () => {
  const nasty = 'a | b `c` ``` d';
  const manifest = manifestOf(
    JSON.stringify({
      code: 'nasty',
      version: '1.0.0',
      tools: [
        {
          name: 'a',
          backend: './a.js:a',
          description: nasty,
          input_schema: { type: 'object', properties: { [nasty]: { description: nasty, default: nasty } } },
          examples: [{ text: '```\n# not a heading' }],
        },
      ],
    }),
  );
  const text = packReadme(manifest);
  for (const line of text.split('\n').filter((each) => each.startsWith('|'))) {
    expect(line.replaceAll('\\|', '').match(/\|/g)?.length).toBe(
      line.includes('danger') || line.includes('unknown') || /^\| -+ \| -+ \| -+ \|$/.test(line) ? 4 : 5,
    );
  }
  expect(text).toContain('````json\n{"text":"```\\n# not a heading"}\n````');
});
