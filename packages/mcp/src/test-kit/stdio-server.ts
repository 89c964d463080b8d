import { spawn } from 'node:child_process';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

/** A server of the v1 SDK over stdio, started by tests as a child process: `node stdio-server.ts [stubborn]`. */
const isStubborn = process.argv.includes('stubborn');
if (isStubborn) process.on('SIGTERM', () => undefined);
// A helper that outlives its parent unless the whole group is ended.
if (process.argv.includes('with-helper')) spawn('sleep', ['600'], { stdio: 'ignore' });

const TOOLS = [
  { name: 'pid', description: 'Its process', inputSchema: { type: 'object' as const } },
  { name: 'environment', description: 'Its environment', inputSchema: { type: 'object' as const } },
  { name: 'die', description: 'Ends its process', inputSchema: { type: 'object' as const } },
];

const server = new Server({ name: 'stdio-test', version: '1' }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOLS }));
server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
  if (params.name === 'die') process.exit(1);
  const value = params.name === 'pid' ? String(process.pid) : JSON.stringify(process.env);
  return { content: [{ type: 'text' as const, text: value }] };
});
process.stderr.write('hello from stderr\n');
await server.connect(new StdioServerTransport());
if (isStubborn) setInterval(() => undefined, 1_000);
