import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AuditRecord,
  type AuditSink,
  type EnablementState,
  type EnablementStore,
  openAuditFile,
} from '@capstan/host';
import { CapstanError, type Logger } from '@capstan/sdk';

/*
 * A data folder as a command sees it that is only its guest: several may read it and add audit records at the same
 * time, beside the owner. Whoever changes what is kept there has to own it (`openDataFolder`).
 */

/** The keys of a data folder, where they can be read. */
export function readFolderKeys(folder: string): { readonly admin: string; readonly agent: string } | undefined {
  const keys = readJson(join(folder, 'keys.json'));
  const isWhole = isRecord(keys) && typeof keys.admin === 'string' && typeof keys.agent === 'string';
  return isWhole ? { admin: String(keys.admin), agent: String(keys.agent) } : undefined;
}

/** What was enabled at run time, for reading. */
export function guestEnablement(folder: string): EnablementStore {
  return {
    load: () => readEnablement(join(folder, 'state.json')),
    save: () => {
      throw new CapstanError('CAPSTAN_CONFLICT', `this process does not own the data folder ${folder}`);
    },
  };
}

/** Appends to the audit file; folder and file appear with the first record, so that a mere look leaves no trace. */
export function guestAudit(folder: string, logger: Logger): AuditSink {
  let opened: Promise<AuditSink> | undefined;
  const open = async (): Promise<AuditSink> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return openAuditFile(join(folder, 'audit.jsonl'), logger);
  };
  const flush = async (): Promise<void> => (await opened)?.flush();
  return {
    append: (record: AuditRecord) => {
      opened ??= open();
      opened.then(
        (sink) => sink.append(record),
        (cause: unknown) => logger.error('the audit file cannot be opened; a record is lost', { cause }),
      );
    },
    flush,
    close: async () => (await opened)?.close(),
  };
}

function readEnablement(path: string): EnablementState {
  const state = readJson(path);
  if (state === undefined) return { workspaces: {} };
  const workspaces = isRecord(state) ? state.workspaces : undefined;
  if (!isRecord(workspaces)) {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${path} does not hold the packs enabled at run time`, {
      hint: 'Restore the file, or delete it and enable those packs again.',
    });
  }
  // Written by Capstan alone, atomically, so its inner form is known.
  const { mcp_servers: servers } = state as { readonly mcp_servers?: EnablementState['mcpServers'] };
  return {
    workspaces: workspaces as EnablementState['workspaces'],
    ...(servers === undefined ? {} : { mcpServers: servers }),
  };
}

/** The JSON of a file; undefined where there is no such file, or this user may not read it. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES'))
      return undefined;
    throw error;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
