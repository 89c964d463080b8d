import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { createHost, type Host, openAuditSpool, storeKeeper } from '@capstan/host';
import { formatDiagnostic } from '@capstan/schema';
import {
  createLog,
  type DataFolder,
  importEnablement,
  type Log,
  type OpenedTelemetry,
  openAudit,
  openAuth,
  openDataFolder,
  openPolicy,
  openState,
  openTelemetry,
  SERVER_CHAIN,
  type ServerAudit,
  type ServerState,
  type SettingsFile,
  type SharedState,
  startServer,
  storeKeys,
  storePins,
  vaultTokens,
} from '@capstan/server';
import { createDurableEngine } from '@capstan/workflow/dbos';
import type { CommandContext } from '../command-context.ts';
import { outgoingRequestPrinter } from '../debug-output.ts';
import { findPlaces, type Places } from '../places.ts';
import { readSettings, type SettingsReading } from '../read-settings.ts';
import { startExampleProcess } from './example-service.ts';
import { exposureWarning } from './exposure.ts';
import { listenAddress } from './listen-address.ts';
import { openShared } from './open-shared.ts';
import { openWebhook } from './open-webhook.ts';
import { resolvedTexts } from './resolved-texts.ts';
import { serverKeys } from './server-keys.ts';
import type { StartFlags } from './start-flags.ts';

/** How long calls under way may take when the server ends. */
const DRAIN_MS = 2500;

/** What runs after a start. */
export interface RunningParts {
  readonly places: Places;
  readonly host: Host;
  readonly folder: DataFolder;
  readonly state: ServerState;
  /** Of the server. */
  readonly url: string;
  /** Of the example service, where it was started. */
  readonly exampleUrl: string | undefined;
}

/** Opens data folder, example service, store, host and server, in this order; the stack closes them in the other. */
export async function openEverything(
  context: CommandContext,
  flags: StartFlags,
  stack: AsyncDisposableStack,
): Promise<RunningParts> {
  const { io, options } = context;
  const places = findPlaces(io, options);
  const settings = settingsOf(context, places);
  const address = listenAddress(flags, io.env, settings);
  const keys = serverKeys(settings, { env: io.env, folder: places.folder });
  const folder = openDataFolder(places.data);
  stack.defer(() => folder.close());
  const example = flags.withExample ? await openExample(context, stack) : undefined;
  const log = createLog({
    level: options.debug ? 'debug' : (settings?.log.level ?? 'info'),
    destination: { write: (line) => io.stderr.write(line) },
  });
  const environment = { ...io.env, ...example?.environment };
  const state = await openState({
    folder: folder.path,
    databaseUrl: io.env.CAPSTAN_DATABASE_URL,
    masterKey: io.env.CAPSTAN_MASTER_KEY,
    masterKeyFile: io.env.CAPSTAN_MASTER_KEY_FILE,
    logger: log.logger,
    warn: (message) => context.printer.note(message),
  });
  stack.defer(() => state.close());
  let audit: ServerAudit | undefined;
  // After the host, whose last records it takes along.
  stack.defer(() => audit?.close());
  const shared = await openShared({ url: io.env.CAPSTAN_REDIS_URL, settings, log }, stack);
  const telemetry = await openTelemetry({
    settings: settings?.telemetry,
    endpoint: io.env.OTEL_EXPORTER_OTLP_ENDPOINT,
    serviceName: io.env.OTEL_SERVICE_NAME,
    headers: resolvedTexts(settings?.telemetry.otlp.headers ?? {}, {
      name: 'telemetry.otlp.headers',
      env: io.env,
      folder: places.folder,
    }),
    log,
  });
  stack.defer(() => telemetry.close());
  const host = await openHost(context, { places, settings, folder, state, log, environment, shared, telemetry });
  stack.defer(() => host.close({ timeoutMs: DRAIN_MS }));
  openWebhook({ host, settings, env: io.env, folder: places.folder, log }, stack);
  audit = openAudit({
    host,
    store: state.store,
    folder: folder.auditFolder,
    logger: log.logger,
    clock: { now: Date.now },
    retentionDays: settings?.audit.retentionDays,
    fileKeys: keys,
  });
  const { auth, close: closeAuth } = openAuth({
    settings,
    sessionSecret: state.sessionSecret,
    keyStore: storeKeys(state.store, (cause) => log.logger.error('the keys of the store cannot be read', { cause })),
    cwd: places.folder,
  });
  stack.defer(closeAuth);
  const server = await startServer({
    host,
    keys,
    auth,
    listen: address,
    settingsFile: settingsFileOf(context, places, folder),
    dataFolder: folder,
    log,
    metrics: telemetry.metrics,
    ...(telemetry.tracing === undefined ? {} : { tracing: telemetry.tracing }),
    checkReady: () => state.store.check(),
    vault: state.vault,
    audit: audit.sources,
    allowedHosts: settings?.server.allowedHosts ?? [],
    allowedOrigins: settings?.server.allowedOrigins ?? [],
    ...(settings === undefined ? {} : { compactThreshold: settings.server.compactThreshold }),
    ...(settings?.server.publicUrl === undefined ? {} : { publicUrl: settings.server.publicUrl }),
  });
  stack.defer(() => server.close({ timeoutMs: DRAIN_MS }));
  if (example !== undefined) {
    example.onEnded(() => noticeDeadExample(host, example.url, log));
  }
  const warning = exposureWarning(address.host, new URL(server.url).port);
  if (warning !== undefined) context.printer.note(warning);
  return { places, host, folder, state, url: server.url, exampleUrl: example?.url };
}

/** The file of this server, also where there is none yet. */
function settingsFileOf({ io }: CommandContext, places: Places, folder: DataFolder): SettingsFile {
  const shown = places.config ?? 'capstan.yaml';
  return {
    path: resolve(io.cwd, shown),
    load: () => {
      const reading = readSettings(io, { ...places, config: shown });
      if (reading === undefined) throw new Error('a path that is named is read');
      return reading.settings;
    },
    onApplied: () => folder.touch(),
  };
}

function settingsOf({ io, printer }: CommandContext, places: Places): SettingsReading['settings'] | undefined {
  const reading = readSettings(io, places);
  for (const warning of reading?.warnings ?? []) printer.note(formatDiagnostic(warning));
  return reading?.settings;
}

interface HostParts {
  readonly places: Places;
  readonly settings: SettingsReading['settings'] | undefined;
  readonly folder: DataFolder;
  readonly state: ServerState;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly shared: SharedState | undefined;
  readonly telemetry: OpenedTelemetry;
}

async function openHost(
  { options, printer }: CommandContext,
  { places, settings, folder, state, log, environment, shared, telemetry }: HostParts,
): Promise<Host> {
  const { logger } = log;
  const keeper = storeKeeper({ store: state.store, vault: state.vault, logger });
  const { enablement, enablementPath: path } = folder;
  await importEnablement({ keeper, enablement, path, now: Date.now() });
  const audit = openAuditSpool(join(folder.auditFolder, SERVER_CHAIN), { logger });
  const workflows = await createDurableEngine({ databaseUrl: state.databaseUrl, logger });
  try {
    return await createHost({
      ...(settings === undefined ? {} : { config: settings }),
      cwd: places.folder,
      environment,
      logger,
      audit,
      keeper,
      workflows,
      tokens: vaultTokens({ store: state.store, vault: state.vault, earlier: folder.tokens, now: Date.now }),
      results: folder.results,
      policy: openPolicy({ settings, cwd: places.folder, clock: { now: Date.now } }),
      approvals: state.store.approvals,
      pins: storePins(state.store),
      observer: telemetry.observer,
      ...(telemetry.outgoingTracing === undefined ? {} : { outgoingTracing: telemetry.outgoingTracing }),
      ...(shared === undefined ? {} : { limiters: shared.limiters, cacheLevel: shared.cacheLevel }),
      ...(options.debug ? { onOutgoingRequest: outgoingRequestPrinter(printer) } : {}),
    });
  } catch (error) {
    // A host that runs closes it itself.
    await audit.close();
    await workflows.close();
    throw error;
  }
}

/** Tests the connections that lead to it, so that `capstan status` knows before a call fails. */
async function noticeDeadExample(host: Host, url: string, { logger }: Log): Promise<void> {
  for (const workspace of host.workspaces()) {
    for (const { id, remoteClusterUrl } of host.connections(workspace)) {
      if (remoteClusterUrl !== url) continue;
      await host.testConnection(id, workspace).catch((cause: unknown) => {
        logger.warn('a connection of the example service cannot be tested', { connection: id, cause });
      });
    }
  }
}

interface ExampleEnvironment {
  readonly url: string;
  /** Calls the listener when it ends unasked. */
  readonly onEnded: (listener: () => Promise<void>) => void;
  readonly environment: Readonly<Record<string, string>>;
}

async function openExample({ printer }: CommandContext, stack: AsyncDisposableStack): Promise<ExampleEnvironment> {
  const token = randomBytes(24).toString('base64url');
  const example = await startExampleProcess(token);
  let isStopping = false;
  stack.defer(() => {
    isStopping = true;
    return example.stop();
  });
  const listeners: (() => Promise<void>)[] = [];
  void example.ended.then(async () => {
    if (isStopping) return;
    printer.note('the example service has ended; its tools fail until the next start');
    for (const listener of listeners) await listener();
  });
  return {
    url: example.url,
    onEnded: (listener) => void listeners.push(listener),
    environment: { EXAMPLE_REMOTE_BASE_URL: example.url, EXAMPLE_REMOTE_API_TOKEN: token },
  };
}
