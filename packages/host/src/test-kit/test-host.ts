import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ActRecord, AuditSink, CallRecord } from '../audit/audit-record.ts';
import { createHost } from '../create-host.ts';
import type { Host } from '../host.ts';
import type { HostOptions } from '../host-options.ts';
import { temporaryFolder } from './pack-folder.ts';

/** A host over a temporary folder, closed after the test. */
export interface HostUnderTest {
  readonly host: Host;
  readonly folder: string;
  /** The audit records of its calls. */
  readonly records: readonly CallRecord[];
  /** The audit records of administrative acts. */
  readonly acts: readonly ActRecord[];
}

/** Writes the files (a `capstan.yaml` among them) and starts a host on them. Loopback may be reached. */
export async function hostOn(
  files: Readonly<Record<string, string>>,
  options: Omit<HostOptions, 'config' | 'audit'> = {},
): Promise<HostUnderTest> {
  const folder = temporaryFolder(files);
  const records: CallRecord[] = [];
  const acts: ActRecord[] = [];
  const config = join(folder, 'capstan.yaml');
  const host = await createHost({ environment: {}, ...options, config, audit: auditInMemory(records, acts) });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return { host, folder, records, acts };
}

/** A sink that keeps records in arrays. */
function auditInMemory(records: CallRecord[], acts: ActRecord[]): AuditSink {
  return {
    append: (record) => {
      if (record.kind === 'call') records.push(record);
      else acts.push(record);
      return undefined;
    },
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
