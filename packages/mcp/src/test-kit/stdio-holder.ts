import { Upstream } from '../upstream/upstream.ts';
import { UPSTREAM_LIMITS } from '../upstream/upstream-server.ts';

/** A process that holds a stdio server, for the test that kills it: prints the pid of the server's process. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const unused = { target: refuse, exchange: refuse, stream: refuse, close: refuse, openSockets: () => 0 };
const upstream = new Upstream(
  {
    name: 'held',
    address: { kind: 'stdio', command: process.execPath, args: [process.argv[2] ?? ''], environment: {} },
    prefix: '',
    selectedTools: undefined,
    timeoutMs: 10_000,
    connectTimeoutMs: 10_000,
    share: 'principal',
    trustAnnotations: false,
    limits: UPSTREAM_LIMITS,
  },
  { http: unused, clock: { now: () => Date.now() }, random: Math.random, logger: silent, version: '0' },
  { onChange() {}, onResourceUpdated() {} },
);
upstream.start();
const result = await upstream.request({
  owner: { workspace: 'default', principal: 'one', capabilities: {} },
  method: 'tools/call',
  params: { name: 'pid', arguments: {} },
  isRepeatable: false,
});
const [first] = result.content as readonly { readonly text: string }[];
process.stdout.write(`${first?.text}\n`);
setInterval(() => undefined, 1_000);

function refuse(): never {
  throw new Error('this process makes no HTTP requests');
}
