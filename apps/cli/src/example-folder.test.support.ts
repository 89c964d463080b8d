import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What the example service is reached with. */
export const TOKEN_VARIABLE = 'EXAMPLE_REMOTE_API_TOKEN';

const MANIFEST = `
code: notes
display_name: "Notes"
version: "1.0.0"
config:
  schema:
    - { name: base_url, type: string, required: true, env_var: EXAMPLE_REMOTE_BASE_URL }
    - { name: api_token, type: string, required: true, secret: true, env_var: ${TOKEN_VARIABLE}, description: "What opens the service." }
tools:
  - name: wp.list_posts
    description: Lists posts.
    annotations: { read_only: true }
    remote: { tool_type: wp, action: list_posts }
    input_schema: { type: object }
  - name: wp.publish_post
    description: Publishes a post.
    remote: { tool_type: wp, action: publish_post }
    input_schema:
      type: object
      required: [title, content]
      properties: { title: { type: string }, content: { type: string } }
    examples: [{ title: "It's here", content: "<p>Hi</p>" }]
`;

const SETTINGS = `
version: 1
discover: [./packs/*]
packs:
  notes: { environment: [EXAMPLE_REMOTE_BASE_URL, ${TOKEN_VARIABLE}] }
workspaces:
  default: { packs: [notes] }
  support: { packs: [] }
keys:
  - { name: ci, workspace: support, role: agent, value: env:CI_KEY }
egress: { allow_private: [127.0.0.0/8] }
`;

/** A folder with settings and one declarative pack, as an operator would have it. */
export interface ExampleFolder {
  readonly path: string;
  readonly data: string;
  write(file: string, text: string): void;
  remove(): void;
}

/** Makes one; the pack calls the example service. */
export function exampleFolder(): ExampleFolder {
  const path = mkdtempSync(join(tmpdir(), 'capstan-cli-'));
  // A database that root starts runs as nobody, who has to pass.
  chmodSync(path, 0o711);
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  };
  write('capstan.yaml', SETTINGS);
  write('packs/notes/manifest.yaml', MANIFEST);
  return {
    path,
    data: join(path, '.capstan'),
    write,
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
