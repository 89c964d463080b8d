import type { HostSettings } from '@capstan/host';
import type { SecurityReport } from '@capstan/server';
import type { AuditVerificationJson, CircuitJson, ConnectionJson, PackJson, ToolDetailJson } from '../backend/views.ts';

/** What a check for production looks at, gathered once. */
export interface ProductionFacts {
  /** `in process`, or the URL of the server. */
  readonly origin: string;
  readonly isServer: boolean;
  readonly settings: HostSettings | undefined;
  /** Whether variables are set; never what they hold. */
  readonly variables: {
    readonly masterKey: boolean;
    readonly database: boolean;
    readonly redis: boolean;
    readonly otlp: boolean;
  };
  readonly workspaces: readonly string[];
  readonly tools: readonly ToolDetailJson[];
  readonly packs: readonly PackJson[];
  readonly connections: readonly ConnectionJson[];
  readonly circuits: readonly CircuitJson[];
  readonly chains: AuditVerificationJson | undefined;
  /** Only of a server. */
  readonly report: SecurityReport | undefined;
  readonly dataFolder: string;
  /** Permission bits of the data folder; undefined where there is none yet. */
  readonly dataFolderMode: number | undefined;
}
