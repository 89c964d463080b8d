import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuditRecord,
  type AuditSink,
  type EnablementState,
  type EnablementStore,
  openAuditSpool,
} from '@capstan/host';
import { CapstanError, type Logger } from '@capstan/sdk';
import { AUDIT_FOLDER, claimGuestChain } from '@capstan/server';

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

/** A command's own chain of audit records; folder and file appear with the first record, so that a mere look leaves no trace. */
export function guestAudit(folder: string, logger: Logger): AuditSink {
  let opened: GuestChain | undefined;
  return {
    append: (record: AuditRecord) => {
      try {
        opened ??= openGuestChain(folder, logger);
        return opened.sink.append(record);
      } catch (cause) {
        logger.error('the audit records cannot be opened; a record is lost', { cause });
        return undefined;
      }
    },
    flush: async () => opened?.sink.flush(),
    close: async () => {
      await opened?.sink.close();
      opened?.release();
    },
  };
}

interface GuestChain {
  readonly sink: AuditSink;
  readonly release: () => void;
}

function openGuestChain(folder: string, logger: Logger): GuestChain {
  const { path, release } = claimGuestChain(join(folder, AUDIT_FOLDER));
  try {
    return { sink: openAuditSpool(path, { logger }), release };
  } catch (error) {
    release();
    throw error;
  }
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
