import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { CAPSTAN_VERSION, inspectPack } from '@capstan/host';
import type { ManifestLoading } from '@capstan/manifest';
import { formatDiagnostic, hasErrors } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';
import { diagnosticJson } from '../backend/to-json.ts';
import type { CliIo } from '../cli-io.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK, exitCodeOf } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { plainText } from '../output/display-text.ts';
import type { Paint } from '../output/paint.ts';
import type { Printer } from '../output/printer.ts';

/** How strictly. */
export interface ValidateOptions {
  /** Warnings count as errors. */
  readonly strict?: boolean;
  /** Path of a JSON Schema that the manifest has to fit too. */
  readonly schema?: string;
}

interface Checked {
  /** As the person wrote it. */
  readonly path: string;
  readonly loading: ManifestLoading;
}

/** `capstan pack validate`: the findings are its result, so they go to stdout. */
export async function validatePacks(
  { io, printer }: CommandContext,
  paths: readonly string[],
  { strict = false, schema }: ValidateOptions,
): Promise<number> {
  const foreign = schema === undefined ? {} : { foreignSchema: readSchema(io, schema) };
  const checked = packsAmong(io, printer, paths).map((path): Checked => {
    const { folder, displayPath } = packFolder(io, path);
    const options = { strict, displayPath, capstanVersion: CAPSTAN_VERSION, ...foreign };
    return { path, loading: inspectPack(folder, options) };
  });
  if (printer.format === 'json') printer.json({ items: checked.map(checkedJson) });
  else printer.text(checked.map((pack) => checkedText(pack, printer.paint)).join('\n\n'));
  const isBroken = checked.some(({ loading }) => hasErrors(loading.diagnostics));
  return isBroken ? exitCodeOf('CAPSTAN_INVALID_REQUEST') : EXIT_OK;
}

const MANIFEST_FILE = /^manifest\.(?:ya?ml|json)$/u;

/** A shell gives for `packs/*` what else lies there; beside folders that is passed over, alone it is a mistake. */
function packsAmong(io: CliIo, printer: Printer, paths: readonly string[]): readonly string[] {
  const strays = paths.filter((path) => isFile(io, path) && !MANIFEST_FILE.test(basename(path)));
  const packs = paths.filter((path) => !strays.includes(path));
  const [first] = strays;
  if (first !== undefined && packs.length === 0) {
    throw usageError(`${first} is no pack folder and no manifest`, "Give a pack's folder, or its manifest.yaml.");
  }
  for (const path of strays)
    printer.note(`${printer.notePaint.warn('!')} ${plainText(path)} is no pack folder: passed over`);
  return packs;
}

function isFile(io: CliIo, path: string): boolean {
  return statSync(resolve(io.cwd, path), { throwIfNoEntry: false })?.isFile() === true;
}

function packFolder(io: CliIo, path: string): { readonly folder: string; readonly displayPath: string } {
  const displayPath = isFile(io, path) ? dirname(path) : path;
  return { folder: resolve(io.cwd, displayPath), displayPath };
}

function readSchema(io: CliIo, path: string): JsonSchema {
  let schema: unknown;
  try {
    schema = JSON.parse(readFileSync(resolve(io.cwd, path), 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`cannot read the schema ${path}: ${reason}`, 'Give --schema the path of a JSON Schema in JSON.');
  }
  if (typeof schema === 'boolean') return schema;
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return { ...schema };
  throw usageError(`${path} is no JSON Schema`, 'A JSON Schema is an object, or true or false.');
}

function checkedJson({ path, loading }: Checked): object {
  const { manifest, diagnostics } = loading;
  return {
    path,
    valid: !hasErrors(diagnostics),
    ...(manifest === undefined
      ? {}
      : { code: manifest.code, version: manifest.version, tool_count: manifest.tools.length }),
    diagnostics: diagnostics.map(diagnosticJson),
  };
}

function checkedText({ path, loading }: Checked, paint: Paint): string {
  const { manifest, diagnostics } = loading;
  const name = manifest === undefined ? path : `${manifest.code} ${manifest.version}`;
  const tools = manifest === undefined ? [] : [count(manifest.tools.length, 'tool')];
  const summary = [...tools, findingsText(loading)].join(', ');
  const sign = hasErrors(diagnostics) ? paint.bad('✗') : diagnostics.length > 0 ? paint.warn('!') : paint.good('✓');
  const findings = diagnostics.map((diagnostic) => plainText(formatDiagnostic(diagnostic)));
  return [...findings, `${sign} ${paint.strong(plainText(name))}: ${summary}`].join('\n\n');
}

function findingsText({ diagnostics }: ManifestLoading): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const counts = [count(errors, 'error'), count(diagnostics.length - errors, 'warning')];
  const present = counts.filter((text) => !text.startsWith('0 '));
  return present.length === 0 ? 'nothing to mend' : present.join(', ');
}

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}
