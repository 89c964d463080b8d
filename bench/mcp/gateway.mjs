// Capstan as the benchmark meets it: policy, rate limit, validation, breaker, timeout, metrics and an audit file, all on.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLog, startServer } from '../../apps/server/src/index.ts';
import { createHost, loadSettings, openAuditSpool } from '../../packages/host/src/index.ts';

const [folder, upstream, toolCount = '0'] = process.argv.slice(2);
const KEY = 'cap_agent_benchmark';
const log = createLog({ level: 'warn' });
const auditFolder = join(folder, 'audit');

mkdirSync(join(folder, 'pack'), { recursive: true });
writeFileSync(
  join(folder, 'pack', 'manifest.yaml'),
  `code: echo_service
version: "1.0.0"
config:
  schema:
    - { name: base_url, type: string, default: "${upstream}" }
tools:
  - name: service.echo
    description: Answers what it was asked
    danger_level: low
    input_schema: &text
      type: object
      required: [text]
      properties: { text: { type: string } }
      additionalProperties: false
    remote: { tool_type: service, action: echo }
${process.argv.includes('--federated') ? `mcp_servers:\n  upstream: { url: "${upstream}/mcp" }\n` : ''}`,
);
const text = `version: 1
discover: [./pack]
egress: { allow_private: [127.0.0.0/8] }
workspaces:
  default: { packs: [echo_service], limits: { rate_limit: { limit: 100000000, window_ms: 60000 } } }
`;
const { settings, diagnostics } = loadSettings({ path: 'capstan.yaml', text });
if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
const asked = { policy: 0 };
const host = await createHost({
  config: settings,
  cwd: folder,
  environment: {},
  logger: log.logger,
  audit: openAuditSpool(auditFolder, { logger: log.logger }),
  policy: ({ principal, arguments: args }) => {
    // Without arguments it is asked what to list.
    if (args !== undefined) asked.policy += 1;
    return principal.roles.includes('agent') ? { allow: true } : { allow: false, reason: 'not an agent' };
  },
});
const events = { finished: 0 };
host.on('invocation:finished', () => {
  events.finished += 1;
});
const inputSchema = {
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string', description: 'What to answer' } },
  additionalProperties: false,
};
host.register({ id: 'bench.local', description: 'Answers at once', inputSchema, handler: (input) => ({ ...input }) });
for (let n = 0; n < Number(toolCount); n += 1) {
  host.register({
    id: `many.tool_${n}`,
    description: `Does the thing number ${n}, and says what came of it in a sentence of common length`,
    inputSchema,
    handler: (input) => ({ ...input }),
  });
}
await host.settled();
const server = await startServer({
  host,
  keys: [{ name: 'bench', role: 'agent', value: KEY }],
  listen: { port: 0 },
  log,
});
process.send({
  port: Number(new URL(server.url).port),
  key: KEY,
  tools: host.listTools({ limit: 10 }).items.map((tool) => tool.exposedName),
});

process.on('message', async () => {
  const circuits = host.circuits();
  const metrics = host.metrics();
  await server.close();
  await host.close();
  const records = countRecords(auditFolder);
  process.send({ metrics, records, finished: events.finished, policy: asked.policy, circuits });
});
process.on('disconnect', () => process.exit(0));

function countRecords(chain) {
  return readdirSync(chain).reduce(
    (sum, name) => sum + readFileSync(join(chain, name), 'utf8').split('\n').length - 1,
    0,
  );
}
