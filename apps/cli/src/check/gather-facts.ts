import { statSync } from 'node:fs';
import { isCapstanError } from '@capstan/sdk';
import type { Backend } from '../backend/backend.ts';
import type { ToolDetailJson } from '../backend/views.ts';
import type { CommandContext } from '../command-context.ts';
import { findPlaces } from '../places.ts';
import { readSettings } from '../read-settings.ts';
import type { ProductionFacts } from './production-facts.ts';

const PAGE = 500;
/** Tools that are asked about at once. */
const AT_ONCE = 8;
const REPORT_DAYS = 30;

/** Everything that the check looks at, of the host that answers and of the settings here. */
export async function gatherFacts(context: CommandContext): Promise<ProductionFacts> {
  const { io, options } = context;
  const host = await context.backend();
  const places = findPlaces(io, options);
  const settings = readSettings(io, places)?.settings;
  const isServer = /^https?:/.test(host.origin);
  const { workspace } = options;
  return {
    origin: host.origin,
    isServer,
    settings,
    variables: {
      masterKey: isSet(io.env.CAPSTAN_MASTER_KEY) || isSet(io.env.CAPSTAN_MASTER_KEY_FILE),
      database: isSet(io.env.CAPSTAN_DATABASE_URL),
      redis: isSet(io.env.CAPSTAN_REDIS_URL),
      otlp: isSet(io.env.OTEL_EXPORTER_OTLP_ENDPOINT),
    },
    workspaces: settings === undefined ? [workspace] : [...settings.workspaces.keys()],
    tools: await allTools(host, workspace),
    packs: await host.listPacks(workspace),
    connections: await host.listConnections(workspace),
    circuits: await host.listCircuits(workspace),
    chains: await unlessRefused(() => host.verifyAudit()),
    report: isServer ? await unlessRefused(() => host.reportAudit(REPORT_DAYS)) : undefined,
    dataFolder: places.data,
    dataFolderMode: modeOf(places.data),
  };
}

async function allTools(host: Backend, workspace: string): Promise<readonly ToolDetailJson[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await host.listTools({ workspace, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  const tools: ToolDetailJson[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const found = await Promise.all(names.slice(at, at + AT_ONCE).map((name) => host.findTool(name, workspace)));
    tools.push(...found.filter((tool) => tool !== undefined));
  }
  return tools;
}

/** What this host or this key cannot say is no finding; the item says that it was not looked at. */
async function unlessRefused<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isCapstanError(error)) return undefined;
    throw error;
  }
}

function modeOf(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : stats.mode & 0o777;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
