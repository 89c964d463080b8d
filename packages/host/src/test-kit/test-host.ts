import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createHost } from '../create-host.ts';
import type { Host } from '../host.ts';
import type { AuditRecord, AuditSink, HostOptions } from '../host-options.ts';
import { temporaryFolder } from './pack-folder.ts';

/** A host over a temporary folder, closed after the test. */
export interface HostUnderTest {
  readonly host: Host;
  readonly folder: string;
  readonly records: readonly AuditRecord[];
}

/** Writes the files (a `capstan.yaml` among them) and starts a host on them. Loopback may be reached. */
export async function hostOn(
  files: Readonly<Record<string, string>>,
  options: Omit<HostOptions, 'config' | 'audit'> = {},
): Promise<HostUnderTest> {
  const folder = temporaryFolder(files);
  const records: AuditRecord[] = [];
  const config = join(folder, 'capstan.yaml');
  const host = await createHost({ environment: {}, ...options, config, audit: auditInMemory(records) });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return { host, folder, records };
}

/** A sink that keeps records in an array. */
function auditInMemory(records: AuditRecord[]): AuditSink {
  return {
    append: (record) => void records.push(record),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
