import { basename } from 'node:path';
import {
  argumentsDigest,
  type ChainReport,
  ChainVerifier,
  chainFolders,
  parseLine,
  verifyChainFolder,
} from '@capstan/host';
import type { JsonObject } from '@capstan/sdk';
import type { AuditEntry, AuditFilter, AuditStore, Page } from '@capstan/store';

/** What is asked of the audit log. */
export interface AuditLogOptions {
  readonly archive: Pick<AuditStore, 'query' | 'chain' | 'chains'>;
  /** Holds the folders of chains. */
  readonly folder: string;
  /** Brings what stands in the folder to the archive. */
  readonly ship: () => Promise<void>;
}

/** A chain that was looked through. */
export interface VerifiedChain extends ChainReport {
  /** `store`, or the folder of the files. */
  readonly source: string;
}

/** Reads what was recorded. */
export interface AuditLog {
  /** Newest first, with the digest of the arguments. */
  query(filter: AuditFilter, page: { readonly limit?: number; readonly cursor?: string }): Promise<Page<JsonObject>>;
  /** Looks through every chain: in the files of this replica, and in the store. */
  verify(): Promise<readonly VerifiedChain[]>;
}

const PAGE = 1_000;

/** The audit log of a store and of the files that are on their way there. */
export function createAuditLog({ archive, folder, ship }: AuditLogOptions): AuditLog {
  return {
    async query(filter, page) {
      await ship();
      const { items, nextCursor } = await archive.query(filter, page);
      return { items: items.map(recordOf), ...(nextCursor === undefined ? {} : { nextCursor }) };
    },
    async verify() {
      const files = chainFolders(folder).map((path) => ({ ...verifyChainFolder(path), source: basename(path) }));
      await ship();
      const stored = await Promise.all((await archive.chains()).map(({ replica }) => verifyStored(archive, replica)));
      return [...files.filter(({ records }) => records > 0), ...stored].map((chain) => withLostEnd(chain, stored));
    },
  };
}

/** A record as it was written, and what is made of it when somebody asks. */
function recordOf({ record }: AuditEntry): JsonObject {
  const known = parseLine(JSON.stringify(record));
  const digest = known?.kind === 'call' ? argumentsDigest(known) : undefined;
  return digest === undefined ? record : { ...record, arguments_digest: digest };
}

async function verifyStored(archive: AuditLogOptions['archive'], replica: string): Promise<VerifiedChain> {
  const verifier = new ChainVerifier();
  let from = 0;
  for (;;) {
    const entries = await archive.chain(replica, from, PAGE);
    for (const { record, sequence } of entries) verifier.add(JSON.stringify(record), `store/${replica}:${sequence}`);
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE) return { ...verifier.report(), source: 'store' };
    from = last.sequence + 1;
  }
}

/** Files that end before the store does were cut off: what is in the store had been in them. */
function withLostEnd(chain: VerifiedChain, stored: readonly VerifiedChain[]): VerifiedChain {
  if (chain.source === 'store') return chain;
  const known = stored.find(({ replica }) => replica === chain.replica);
  if (known === undefined || known.last <= chain.last) return chain;
  const message = `the files end with record ${chain.last}, and the store has ${known.last}`;
  return { ...chain, findings: [...chain.findings, { kind: 'gap', place: chain.source, message }] };
}
