import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const MANIFEST = `code: line_pack
display_name: "LINE"
version: "1.2.0"
description: "Messages."
config:
  schema:
    - { name: base_url, type: string, required: true, env_var: LINE_BASE_URL, description: "Where the service is" }
    - { name: api_token, type: string, secret: true, env_var: LINE_API_TOKEN }
tools:
  - name: line.send_message
    description: "Sends a message."
    danger_level: medium
    remote: { tool_type: line, action: send_message }
    input_schema: { type: object, required: [to], properties: { to: { type: string } } }
`;

/** A folder with a declarative pack and a `capstan.yaml` that finds it; removed after the test. */
export function linePackFolder(settings: object): { readonly folder: string; readonly config: string } {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-server-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'packs', 'line'), { recursive: true });
  writeFileSync(join(folder, 'packs', 'line', 'manifest.yaml'), MANIFEST);
  const config = join(folder, 'capstan.yaml');
  writeFileSync(config, JSON.stringify({ version: 1, discover: ['./packs/*'], ...settings }));
  return { folder, config };
}
