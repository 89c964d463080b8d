import { join } from 'node:path';
import { createHost, type EnablementStore, type Surface } from '@capstan/host';
import { AUDIT_FOLDER, folderAuditLog, folderTokens, openDataFolder, openPolicy } from '@capstan/server';
import type { CliIo } from '../cli-io.ts';
import { commandLog } from '../command-log.ts';
import { outgoingRequestPrinter } from '../debug-output.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { Printer } from '../output/printer.ts';
import { findPlaces, type Places } from '../places.ts';
import { readSettings } from '../read-settings.ts';
import type { Backend } from './backend.ts';
import { findRunningServer } from './find-server.ts';
import { guestAudit, guestEnablement, readFolderKeys } from './guest-folder.ts';
import { createHostBackend } from './host-backend.ts';
import { createRestBackend } from './rest-backend.ts';

/** What a command is going to do with the host. */
export interface BackendUse {
  /** As what a call in process is recorded. */
  readonly surface: Extract<Surface, 'cli' | 'mcp'>;
  /** `operator` may see and change everything; `agent` calls the tools of the workspace. */
  readonly role: 'operator' | 'agent';
  /** Whether it changes what the data folder keeps: then it has to own the folder. */
  readonly changes: boolean;
}

/** Opens the host of a run. */
export type BackendOpener = (
  run: { readonly io: CliIo; readonly options: GlobalOptions; readonly printer: Printer },
  use: BackendUse,
) => Promise<Backend>;

/** The server that `--url` names, else the one that runs on this data folder, else a host in this process. */
export const openBackend: BackendOpener = async ({ io, options, printer }, use) => {
  const explicit = options.url ?? (io.env.CAPSTAN_URL || undefined);
  // Whatever key there is, an agent gets no further than an agent.
  const actAs = use.role === 'agent' ? 'agent' : undefined;
  const key = options.key ?? (io.env.CAPSTAN_KEY || undefined);
  if (explicit !== undefined) return createRestBackend({ url: explicit.replace(/\/+$/u, ''), key, actAs });
  const places = findPlaces(io, options);
  const running = await findRunningServer(places.data);
  if (options.debug) printer.note(running === undefined ? 'no server answers: in process' : `server ${running}`);
  if (running === undefined) return openInProcess({ io, options, printer, places, use });
  return createRestBackend({ url: running, key: key ?? keyFor(use, options.workspace, places.data), actAs });
};

/** An agent does with the least key that is enough. */
function keyFor({ role }: BackendUse, workspace: string, dataFolder: string): string | undefined {
  const keys = readFolderKeys(dataFolder);
  return role === 'agent' && workspace === 'default' ? keys?.agent : keys?.admin;
}

interface InProcessRun {
  readonly io: CliIo;
  readonly options: GlobalOptions;
  readonly printer: Printer;
  readonly places: Places;
  readonly use: BackendUse;
}

async function openInProcess({ io, options, printer, places, use }: InProcessRun): Promise<Backend> {
  await using stack = new AsyncDisposableStack();
  const logger = commandLog(io, options.debug);
  const settings = readSettings(io, places)?.settings;
  const host = await createHost({
    ...(settings === undefined ? {} : { config: settings }),
    cwd: places.folder,
    environment: io.env,
    logger,
    audit: guestAudit(places.data, logger),
    enablement: enablementOf(places, use, stack),
    tokens: folderTokens(places.data),
    policy: openPolicy({ settings, cwd: places.folder, clock: { now: Date.now } }),
    // Without a server nobody could fetch what is kept back.
    results: 'inline',
    ...(options.debug ? { onOutgoingRequest: outgoingRequestPrinter(printer) } : {}),
  });
  stack.defer(() => host.close({ timeoutMs: 1000 }));
  const opened = stack.move();
  return createHostBackend({
    host,
    principal: { id: `system:${use.surface}`, roles: [use.role === 'agent' ? 'agent' : 'admin'], permissions: [] },
    surface: use.surface,
    audit: folderAuditLog(join(places.data, AUDIT_FOLDER)),
    close: () => opened.disposeAsync(),
  });
}

function enablementOf({ data }: Places, { changes }: BackendUse, stack: AsyncDisposableStack): EnablementStore {
  if (!changes) return guestEnablement(data);
  const folder = openDataFolder(data);
  stack.defer(() => folder.close());
  return folder.enablement;
}
