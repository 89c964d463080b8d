import type { Host } from '@capstan/host';
import type { Clock, Logger } from '@capstan/sdk';
import type { Store } from '@capstan/store';
import type { AuditRouteSources } from '../rest/audit-routes.ts';
import { createAuditLog } from './audit-log.ts';
import { startAuditShipper } from './audit-shipper.ts';
import type { ReportedKey } from './security-report.ts';

/** What {@link openAudit} takes. */
export interface AuditOptions {
  readonly host: Host;
  readonly store: Store;
  /** The audit folder of the data folder. */
  readonly folder: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Absent: records stay for ever. */
  readonly retentionDays?: number | undefined;
  /** Keys that stand in files. */
  readonly fileKeys: readonly { readonly name: string; readonly role: string; readonly expiresAt?: number }[];
}

/** The audit of a server: records go to the store, and can be read. */
export interface ServerAudit {
  readonly sources: AuditRouteSources;
  /** Brings the last records to the store. Close it after the host and before the store. */
  close(): Promise<void>;
}

/** Begins to bring audit records to the store. */
export function openAudit({ host, store, folder, logger, clock, retentionDays, fileKeys }: AuditOptions): ServerAudit {
  const shipper = startAuditShipper({ folder, archive: store.audit, clock, logger, retentionDays });
  const log = createAuditLog({ archive: store.audit, folder, ship: () => shipper.ship() });
  const keys = async (): Promise<readonly ReportedKey[]> => [
    ...fileKeys.map(({ name, role, expiresAt }) => ({
      name,
      principal: `key:${name}`,
      roles: [role],
      expiresAt,
      isRevoked: false,
    })),
    ...(await store.read.keys.list()).map(({ name, roles, expiresAt, revokedAt }) => ({
      name,
      principal: `key:${name}`,
      roles,
      expiresAt,
      isRevoked: revokedAt !== undefined,
    })),
  ];
  return { sources: { host, log, keys, now: () => clock.now() }, close: () => shipper.close() };
}
