import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A temporary folder with files, removed after the test. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-host-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** The manifest of a pack with one declared remote tool, `line.send_message`. */
export const REMOTE_MANIFEST = `code: line_pack
display_name: Line
version: 1.0.0
type: connector
description: Messages
config:
  schema:
    - { name: base_url, type: string, required: true, env_var: LINE_URL, description: Where the service is }
    - { name: api_token, type: string, required: true, secret: true, env_var: LINE_TOKEN, description: Its token }
tools:
  - name: line.send_message
    description: Sends a message
    danger_level: medium
    remote: { tool_type: line, action: send_message }
    input_schema:
      type: object
      required: [to]
      additionalProperties: false
      properties:
        to: { type: string }
        text: { type: string }
        pin: { type: string, x-secret: true }
`;
