import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const HERE = import.meta.dirname;
const UPSTREAM = join(HERE, 'upstream.mjs');
const START_TIMEOUT_MS = 20_000;

/** Starts the upstream and everything that stands before it. */
export async function startTargets(processes, { folder, profile }) {
  const upstream = await processes.module(UPSTREAM);
  const origin = originOf(upstream);
  const forwarder = await processes.module(join(HERE, 'forwarder.mjs'), [origin]);
  const gateway = await processes.module(
    join(HERE, 'gateway.mjs'),
    [folder, origin, '0', '--federated'],
    profile ? ['--cpu-prof', '--cpu-prof-dir=.cpu-profile'] : [],
  );
  const load = await processes.module(join(HERE, 'load.mjs'));
  const capstan = {
    origin: originOf(gateway),
    path: '/mcp',
    key: gateway.hello.key,
    pid: gateway.child.pid,
    isCapstan: true,
  };
  const federated = gateway.hello.tools.find((name) => name === 'echo');
  const targets = [
    { name: 'direct', origin, path: '/mcp', tool: 'echo', pid: upstream.child.pid, countsAtUpstream: true },
    {
      name: 'forwarder',
      origin: originOf(forwarder),
      path: '/mcp',
      tool: 'echo',
      pid: forwarder.child.pid,
      countsAtUpstream: true,
    },
    { name: 'capstan, own code', ...capstan, tool: 'local' },
    { name: 'capstan, 2026-07-28', ...capstan, tool: 'local', modern: true },
    { name: 'capstan, remote', ...capstan, tool: 'service_echo', countsAtUpstream: true },
    ...(federated === undefined ? [] : [{ name: 'capstan, MCP', ...capstan, tool: federated, countsAtUpstream: true }]),
    ...(await peers(processes, { folder, origin })),
  ];
  return { targets, load: load.child, upstream: upstream.child, gateway: gateway.child };
}

async function peers(processes, { folder, origin }) {
  const [proxyPort, hubPort] = [await freePort(), await freePort()];
  const proxy = processes.program(process.execPath, [
    binOf('mcp-proxy'),
    '--port',
    String(proxyPort),
    '--host',
    '127.0.0.1',
    '--server',
    'stream',
    '--',
    process.execPath,
    UPSTREAM,
    '--stdio',
  ]);
  const config = join(folder, 'mcp-hub.json');
  writeFileSync(config, JSON.stringify({ mcpServers: { echo: { url: `${origin}/mcp` } } }));
  const hub = processes.program(process.execPath, [binOf('mcp-hub'), '--port', String(hubPort), '--config', config], {
    env: { ...process.env, HOME: folder, XDG_STATE_HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  const proxyUp = await isUp(`http://127.0.0.1:${proxyPort}/ping`);
  const hubUp = await isUp(`http://127.0.0.1:${hubPort}/api/health`, (health) =>
    JSON.stringify(health).includes('"status":"connected"'),
  );
  if (!proxyUp) console.error(`mcp-proxy does not start, so it is left out:\n${proxy.output()}`);
  if (!hubUp) console.error(`mcp-hub does not start, so it is left out:\n${hub.output()}`);
  return [
    ...(proxyUp
      ? [
          {
            name: 'mcp-proxy',
            origin: `http://127.0.0.1:${proxyPort}`,
            path: '/mcp',
            tool: 'echo',
            pid: proxy.child.pid,
          },
        ]
      : []),
    ...(hubUp
      ? [
          {
            name: 'mcp-hub',
            origin: `http://127.0.0.1:${hubPort}`,
            path: '/mcp',
            tool: 'echo__echo',
            transport: 'sse',
            pid: hub.child.pid,
            countsAtUpstream: true,
          },
        ]
      : []),
  ];
}

/** Whether a program answers within the time, and says that it is ready. */
async function isUp(url, isReady = () => true) {
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end) {
    try {
      const response = await fetch(url);
      const text = await response.text();
      if (response.ok && isReady(text.startsWith('{') ? JSON.parse(text) : text)) return true;
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  return false;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function binOf(name) {
  const manifest = fileURLToPath(import.meta.resolve(`${name}/package.json`));
  const { bin } = createRequire(import.meta.url)(manifest);
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[name]);
}

function originOf({ hello }) {
  return `http://127.0.0.1:${hello.port}`;
}
