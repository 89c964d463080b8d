import { createHost, type Host, type HostOptions, loadSettings } from '@capstan/host';
import { formatDiagnostic } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';

/** What a test host is made of. */
export interface TestHostOptions extends Omit<HostOptions, 'config' | 'packs'> {
  /** Folders of the packs, by pack code: enabled in workspace `default`, their code trusted. */
  readonly packs?: Readonly<Record<string, string>>;
  /** System config, by pack code. */
  readonly config?: Readonly<Record<string, JsonObject>>;
  /** Connections of workspace `default`, as in `capstan.yaml`. */
  readonly connections?: readonly JsonObject[];
}

/**
 * A real host without a file, a database or a key: loopback may be reached, the process's environment is not read.
 * Close it when the test is over.
 * @throws Error with the findings when what was given does not make valid settings.
 */
export function createTestHost(options: TestHostOptions = {}): Promise<Host> {
  const { packs = {}, config = {}, connections = [], ...rest } = options;
  const document = {
    version: 1,
    packs: Object.fromEntries(
      Object.entries(packs).map(([code, from]) => [code, { from, trust: 'in_process', config: config[code] ?? {} }]),
    ),
    workspaces: { default: { packs: Object.keys(packs), connections } },
    egress: { allow_private: ['127.0.0.0/8'] },
  };
  const { settings, diagnostics } = loadSettings({ path: 'test-host', text: JSON.stringify(document) });
  if (!settings) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  return createHost({ environment: {}, ...rest, config: settings });
}
