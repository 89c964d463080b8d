import { type CheckItem, counted, fail, named, pass, warn } from './check-item.ts';
import type { ProductionFacts } from './production-facts.ts';

/** What a platform team asks beside that. */
export const PLATFORM_CHECKS: readonly ((facts: ProductionFacts) => CheckItem)[] = [
  transport,
  proxies,
  masterKey,
  database,
  replicas,
  keyExpiry,
  keyValues,
  audit,
  drift,
  trust,
  egress,
  logging,
  dataFolder,
];

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;

function transport({ settings }: ProductionFacts): CheckItem {
  const { host = '127.0.0.1', publicUrl } = settings?.server ?? {};
  if (publicUrl?.startsWith('https:'))
    return pass('TLS', `clients come to ${publicUrl}; the server listens on ${host}`);
  const evidence = `the server listens on ${host}, and its public URL is ${publicUrl ?? 'not set'}`;
  const hint = 'Put a proxy with TLS before the server, and name its URL as server.public_url.';
  return LOOPBACK.test(host) && publicUrl === undefined ? warn('TLS', evidence, hint) : fail('TLS', evidence, hint);
}

function proxies({ settings }: ProductionFacts): CheckItem {
  const { publicUrl, trustedProxies = [] } = settings?.server ?? {};
  if (trustedProxies.length > 0) return pass('proxies', `X-Forwarded-For is believed of ${trustedProxies.join(', ')}`);
  if (publicUrl === undefined) return pass('proxies', 'none is believed, and none is expected');
  return warn(
    'proxies',
    `clients come through ${publicUrl}, and no proxy is believed`,
    'Name it under server.trusted_proxies: else all clients have one address, in the audit and when somebody guesses.',
  );
}

function masterKey({ variables }: ProductionFacts): CheckItem {
  if (variables.masterKey) return pass('master key', 'it comes from the environment, apart from what it opens');
  return warn(
    'master key',
    'none is given: one is made in the data folder, beside what it opens',
    'Give CAPSTAN_MASTER_KEY_FILE (or CAPSTAN_MASTER_KEY), and keep it where backups of the data do not go.',
  );
}

function database({ variables, dataFolder }: ProductionFacts): CheckItem {
  if (variables.database) return pass('database', 'CAPSTAN_DATABASE_URL names one; its backups are its own');
  return warn(
    'database',
    `the embedded one, in ${dataFolder}`,
    'Set CAPSTAN_DATABASE_URL to a Postgres with backups, or back up the data folder of a server that is stopped.',
  );
}

function replicas({ variables }: ProductionFacts): CheckItem {
  if (variables.redis) return pass('replicas', 'limits are shared in Redis');
  if (!variables.database) return pass('replicas', 'one, with limits in memory');
  return warn(
    'replicas',
    'several may share the database, and each counts limits by itself',
    'Set CAPSTAN_REDIS_URL when there is more than one.',
  );
}

function keyExpiry({ settings, report, isServer }: ProductionFacts): CheckItem {
  const declared = (settings?.keys ?? []).filter(({ expiresAt }) => expiresAt === undefined).map(({ name }) => name);
  const stored = report?.keys_without_expiry.map(({ name }) => name) ?? [];
  const lasting = [...new Set([...declared, ...stored])];
  const seen = isServer ? '' : ' of the settings; those of the store only a server knows';
  if (lasting.length === 0) return pass('keys expire', `all keys${seen}`);
  return warn(
    'keys expire',
    `${counted(lasting.length, 'key')} without an end: ${named(lasting)}${seen}`,
    'Give them expires_at, and make new ones in time.',
  );
}

const REFERENCE = /\$\{|^env:|^file:/;

function keyValues({ settings }: ProductionFacts): CheckItem {
  const literal = (settings?.keys ?? []).filter(({ value }) => !REFERENCE.test(value)).map(({ name }) => name);
  const headers = Object.entries(settings?.telemetry.otlp.headers ?? {});
  const written = [
    ...literal,
    ...headers.flatMap(([name, value]) => (REFERENCE.test(value) ? [] : [`header ${name}`])),
  ];
  if (written.length === 0) return pass('secrets in files', 'capstan.yaml holds no key and no header as it is');
  return fail(
    'secrets in files',
    `capstan.yaml holds the value of ${named(written)}`,
    'Refer to it: value: env:NAME, or file:/run/secrets/name.',
  );
}

function audit({ chains, settings }: ProductionFacts): CheckItem {
  if (chains === undefined)
    return warn('audit', 'it is on; its chains could not be looked at', 'Run "capstan audit verify".');
  const days = settings?.audit.retentionDays;
  const kept = days === undefined ? 'kept for ever' : `kept for ${counted(days, 'day')}`;
  const evidence = `on, ${counted(chains.chains.length, 'chain')}, ${kept}`;
  if (chains.whole) return pass('audit', `${evidence}, whole`);
  return fail('audit', `${evidence}, and something was changed or is missing`, 'Run "capstan audit verify".');
}

function drift({ report, tools }: ProductionFacts): CheckItem {
  const changed = tools.filter(({ state }) => state.kind === 'changed').map(({ id }) => id);
  const drifted = [...new Set([...changed, ...(report?.drifted_tools.map(({ tool }) => tool) ?? [])])];
  if (drifted.length === 0) return pass('definitions', 'no tool differs from what was accepted');
  return warn(
    'definitions',
    `${counted(drifted.length, 'tool')} changed since they were accepted: ${named(drifted)}`,
    'Look at the difference, and accept it or not.',
  );
}

function trust({ settings }: ProductionFacts): CheckItem {
  const trusted = [...(settings?.packs.values() ?? [])]
    .filter(({ trust: how }) => how === 'in_process')
    .map(({ key }) => key);
  if (trusted.length === 0) return pass('trusted code', 'no pack runs code in this process');
  return warn(
    'trusted code',
    `code of ${counted(trusted.length, 'pack')} runs in this process, with all its rights: ${named(trusted)}`,
    'Keep it where you know the code and pin its version; declarative packs need no trust.',
  );
}

const WHOLE_NETWORKS = /\/0$/;

function egress({ settings }: ProductionFacts): CheckItem {
  const allowed = settings?.egress.allowPrivate ?? [];
  const evidence = allowed.length === 0 ? 'no private address may be reached' : `private addresses: ${named(allowed)}`;
  if (!allowed.some((range) => WHOLE_NETWORKS.test(range))) return pass('egress', evidence);
  return fail('egress', evidence, 'Name the networks of your own services: metadata of clouds is reachable like this.');
}

function logging({ settings }: ProductionFacts): CheckItem {
  const level = settings?.log.level ?? 'info';
  if (level === 'info' || level === 'warn' || level === 'error') return pass('log', `level ${level}, secrets masked`);
  return warn(
    'log',
    `level ${level}`,
    'Set log.level to info: debug writes a line for each request, silent hides failures.',
  );
}

function dataFolder({ dataFolder: path, dataFolderMode: mode }: ProductionFacts): CheckItem {
  if (mode === undefined) return pass('data folder', `${path} is made for its owner alone at the first start`);
  const shown = mode.toString(8).padStart(3, '0');
  if ((mode & 0o077) === 0) return pass('data folder', `${path} is for its owner alone (${shown})`);
  return fail('data folder', `${path} is open to others (${shown})`, `Run: chmod 700 ${path}`);
}
