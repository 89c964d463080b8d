import { CHAIN_START, chainFolders, readChain } from '@capstan/host';
import { createMemoryStore } from '@capstan/store';
import { type AuditLog, createAuditLog } from './audit-log.ts';
import { entryOfLine } from './entry-of-line.ts';

const PIECE_BYTES = 4_000_000;

/** The audit log of a data folder alone, for commands without a server. It reads all files when it is first asked. */
export function folderAuditLog(folder: string): AuditLog {
  const archive = createMemoryStore().audit;
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    for (const chain of chainFolders(folder)) {
      let position = CHAIN_START;
      for (;;) {
        const { lines, end } = readChain(chain, position, PIECE_BYTES);
        if (lines.length === 0) break;
        await archive.append(lines.map(entryOfLine).filter((entry) => entry !== undefined));
        position = end;
      }
    }
  };
  const log = createAuditLog({
    archive,
    folder,
    ship: () => {
      loading ??= load();
      return loading;
    },
  });
  return {
    query: log.query,
    // What was copied from the files a moment ago proves nothing beside them.
    verify: async () => (await log.verify()).filter(({ source }) => source !== 'store'),
  };
}
