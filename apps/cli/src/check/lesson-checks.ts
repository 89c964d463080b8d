import type { ToolDetailJson } from '../backend/views.ts';
import { type CheckItem, counted, fail, named, pass, warn } from './check-item.ts';
import type { ProductionFacts } from './production-facts.ts';

/** The checklist for production of the lesson that this product grew from, item by item. */
export const LESSON_CHECKS: readonly ((facts: ProductionFacts) => CheckItem)[] = [
  permissions,
  monitoring,
  rateLimits,
  caching,
  errorHandling,
  documentation,
  testing,
];

const DANGEROUS: ReadonlySet<string | undefined> = new Set(['high', 'critical']);

function permissions({ tools }: ProductionFacts): CheckItem {
  const silent = tools.filter(
    ({ permissions: asked, danger_level }) => asked.length === 0 && danger_level === undefined,
  );
  const dangerous = tools.filter(({ danger_level }) => DANGEROUS.has(danger_level));
  const evidence = `${counted(tools.length, 'tool')}, every call decided by policy; ${dangerous.length} of danger high or critical`;
  if (silent.length === 0) return pass('permission checks', evidence);
  return warn(
    'permission checks',
    `${evidence}; ${counted(silent.length, 'tool')} say neither permissions nor danger: ${named(idsOf(silent))}`,
    'Add danger_level and permissions to their manifests: policies decide by them, and what is unknown counts as a write.',
  );
}

function monitoring({ settings, variables, isServer }: ProductionFacts): CheckItem {
  const metrics = isServer ? '/metrics answers for Prometheus' : 'a server answers /metrics for Prometheus';
  const endpoint = settings?.telemetry.otlp.endpoint ?? (variables.otlp ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : undefined);
  if (endpoint !== undefined) return pass('monitoring', `${metrics}; traces and metrics go to ${endpoint}`);
  return warn(
    'monitoring',
    `${metrics}; no traces are sent`,
    'Name a collector under telemetry.otlp.endpoint, and let Prometheus read /metrics.',
  );
}

function rateLimits({ settings, tools, workspaces }: ProductionFacts): CheckItem {
  const limited = tools.filter(({ policy }) => policy.rate_limit !== undefined && policy.rate_limit !== null);
  const ofWorkspaces = workspaces.filter((name) => settings?.workspaces.get(name)?.limits.rateLimit !== undefined);
  const byDefault = settings?.defaults.rateLimit;
  const parts = [
    ...(byDefault === undefined ? [] : [`${byDefault.limit} calls in ${byDefault.windowMs / 1000} s by default`]),
    `${limited.length} of ${counted(tools.length, 'tool')} limited`,
    `${ofWorkspaces.length} of ${counted(workspaces.length, 'workspace')} limited`,
  ];
  const evidence = parts.join('; ');
  if (limited.length === tools.length || ofWorkspaces.length === workspaces.length)
    return pass('rate limits', evidence);
  return fail('rate limits', evidence, 'Set defaults.rate_limit, or limits.rate_limit of each workspace.');
}

function caching({ tools }: ProductionFacts): CheckItem {
  const readers = tools.filter(({ annotations }) => annotations.read_only === true);
  const cached = tools.filter(({ policy }) => typeof policy.cache === 'object' && policy.cache !== null);
  const evidence = `${cached.length} of ${counted(readers.length, 'read-only tool')} are cached`;
  if (cached.length > 0 || readers.length === 0) return pass('caching', evidence);
  return warn(
    'caching',
    evidence,
    'Where a tool is slow and its answers age well, add cache: { ttl_s } to its manifest.',
  );
}

function errorHandling({ packs, circuits, settings }: ProductionFacts): CheckItem {
  const broken = packs.filter(({ enabled, state }) => enabled && ['rejected', 'failed'].includes(state.kind));
  const open = circuits.filter(({ state }) => state !== 'closed');
  const { retry, breaker } = settings?.defaults ?? {};
  const rules = `retries ${retry?.maxRetries ?? 3}, breakers open after ${breaker?.failureThreshold ?? 5} failures`;
  const evidence = `${rules}; ${broken.length} of ${counted(packs.length, 'pack')} broken, ${open.length} of ${counted(circuits.length, 'endpoint')} left alone`;
  if (broken.length > 0) {
    return fail('error handling', `${evidence}: ${named(broken.map(({ code }) => code))}`, 'See "capstan pack list".');
  }
  if (open.length === 0) return pass('error handling', evidence);
  return warn('error handling', `${evidence}: ${named(open.map(({ endpoint }) => endpoint))}`, 'See "capstan status".');
}

function documentation({ tools }: ProductionFacts): CheckItem {
  const mute = tools.filter(({ description }) => description.trim() === '');
  const open = tools.filter(({ input_schema: schema }) => Object.keys(schema).length === 0);
  const evidence = `${tools.length - mute.length} of ${counted(tools.length, 'tool')} are described, ${tools.length - open.length} have a schema of their input`;
  const lacking = [...new Set([...mute, ...open])];
  if (lacking.length === 0) return pass('documentation', evidence);
  return warn(
    'documentation',
    `${evidence}; not ${named(idsOf(lacking))}`,
    'An agent chooses by the description: add one.',
  );
}

function testing({ connections }: ProductionFacts): CheckItem {
  const broken = connections.filter(({ status }) => ['unavailable', 'needs_reauth'].includes(status));
  const untested = connections.filter(({ last_validated_at }) => last_validated_at === undefined);
  const tested = connections.length - untested.length;
  const evidence = `${tested} of ${counted(connections.length, 'connection')} were tested`;
  if (broken.length > 0) {
    const names = named(broken.map(({ id }) => id));
    return fail(
      'testing',
      `${evidence}; ${counted(broken.length, 'connection')} do not work: ${names}`,
      'See "capstan status".',
    );
  }
  if (untested.length === 0) return pass('testing', evidence);
  const names = named(untested.map(({ id }) => id));
  return warn('testing', `${evidence}; not ${names}`, 'Run "capstan connection test" on each.');
}

function idsOf(tools: readonly ToolDetailJson[]): readonly string[] {
  return tools.map(({ id }) => id);
}
