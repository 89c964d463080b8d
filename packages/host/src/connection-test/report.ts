import type { ConnectionStatus, ErrorCode, WireError } from '@capstan/sdk';

/** The steps of a connection test, in their order. */
export const CONNECTION_TEST_STEPS = ['config', 'dns', 'tcp', 'tls', 'auth', 'contract', 'call'] as const;
export type ConnectionTestStepName = (typeof CONNECTION_TEST_STEPS)[number];

/** One step: what was seen, or why it failed and what to do. */
export type ConnectionTestStep = { readonly name: ConnectionTestStepName; readonly ms: number } & (
  | { readonly outcome: 'passed'; readonly detail: string }
  | { readonly outcome: 'skipped'; readonly detail: string }
  | {
      readonly outcome: 'failed';
      /** A word for programs: `certificate_expired`. */
      readonly reason: string;
      readonly error: Pick<WireError, 'code' | 'message' | 'hint'>;
    }
);

/** What a connection test found. */
export interface ConnectionTestReport {
  readonly connection: string;
  readonly workspace: string;
  readonly pack: string;
  /** The base URL; undefined where there is none. */
  readonly url: string | undefined;
  readonly ok: boolean;
  readonly status: ConnectionStatus;
  /** In ms since the epoch. */
  readonly testedAt: number;
  /** Every step in its order; those after a failure are skipped. */
  readonly steps: readonly ConnectionTestStep[];
}

/** A step that failed. */
export class TestFailure extends Error {
  readonly reason: string;
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(reason: string, code: ErrorCode, words: { readonly message: string; readonly hint: string }) {
    super(words.message);
    this.reason = reason;
    this.code = code;
    this.hint = words.hint;
  }
}
