import { createServer, request as requestOf } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { loadSettings } from '@capstan/host';
import { onTestFinished } from 'vitest';
import { AGENT_KEY, type ServerUnderTest, serverUnderTest } from '../../../running-server.test.support.ts';

/** Capstan with one MCP server behind it, and the address of its endpoint for a client that has no key. */
export async function behindCapstan(url: string): Promise<{ readonly url: string; readonly server: ServerUnderTest }> {
  const text = 'egress: { allow_private: [127.0.0.0/8] }\nworkspaces: { default: {} }\n';
  const { settings } = loadSettings({ path: 'capstan.yaml', text });
  if (settings === undefined) throw new Error('the settings of the test are wrong');
  const server = await serverUnderTest({
    hostOptions: { config: settings },
    keys: [{ name: 'agent', role: 'agent', value: AGENT_KEY }],
  });
  await server.host.addMcpServer({ name: 'subject', workspace: 'default', server: { url } });
  await server.host.settled();
  return { url: `${await withKey(server.url)}/mcp`, server };
}

/** The suite knows no keys: this adds one, and passes on the rest as it is. */
async function withKey(target: string): Promise<string> {
  const { hostname, port } = new URL(target);
  const front = createServer((request, response) => {
    const { method = 'GET', url: path = '/' } = request;
    const headers = { ...request.headers, authorization: `Bearer ${AGENT_KEY}` };
    const onward = requestOf({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => undefined);
    });
    response.once('close', () => onward.destroy());
    pipeline(request, onward, () => undefined);
    onward.once('error', () => response.destroy());
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    front.closeAllConnections();
    front.close();
  });
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}
