import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import {
  describeReport,
  type OperationFilter,
  type OperationSelection,
  packFromOpenApi,
  readOpenApiText,
} from '@capstan/rest';
import { CapstanError } from '@capstan/sdk';
import type { CliIo } from '../cli-io.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { plainText } from '../output/display-text.ts';

/** The options of `capstan pack from-openapi`. */
export interface FromOpenApiFlags {
  readonly code?: string;
  /** `tag:NAME`, a path, or an operation id. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** What is made of what. */
export interface PackRequest extends FromOpenApiFlags {
  readonly document: string;
  readonly folder: string | undefined;
}

/** `capstan pack from-openapi`: writes manifest, schemas and README, and says which operations are no tools. */
export async function packFromDocument({ io, printer }: CommandContext, request: PackRequest): Promise<number> {
  const pack = packFromOpenApi(readDocument(io, request.document), {
    ...filterOf(request),
    ...(request.code === undefined ? {} : { code: checkedCode(request.code) }),
  });
  if (!pack.ok) throw unusable(request.document, pack.message, pack.hint);
  const folder = resolve(io.cwd, request.folder ?? pack.code);
  refuseFilled(folder, request.folder ?? pack.code);
  const files = [
    { path: 'manifest.yaml', text: pack.manifest },
    { path: 'README.md', text: pack.readme },
    ...pack.files,
  ];
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const shown = relative(io.cwd, folder) || '.';
  if (printer.format === 'json') {
    printer.json({
      code: pack.code,
      folder: shown,
      files: files.map(({ path }) => path),
      report: pack.report,
      notes: pack.notes,
    });
  } else printer.text(textOf({ ...pack, folder: shown, files: files.length }));
  return EXIT_OK;
}

function textOf(pack: {
  readonly code: string;
  readonly folder: string;
  readonly files: number;
  readonly report: Parameters<typeof describeReport>[0];
  readonly notes: readonly string[];
}): string {
  return plainText(
    [
      `${pack.code}: ${pack.files} files in ${pack.folder}`,
      describeReport(pack.report),
      ...pack.notes.map((note) => `note: ${note}`),
      `Next: capstan pack validate ${pack.folder} --strict`,
    ].join('\n'),
  );
}

function readDocument(io: CliIo, path: string): unknown {
  let text: string;
  try {
    text = readFileSync(resolve(io.cwd, path), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`cannot read ${path}: ${reason}`, 'Give the path of an OpenAPI document, JSON or YAML.');
  }
  const reading = readOpenApiText(text, path);
  if (reading.ok) return reading.document;
  throw unusable(path, reading.problems.join('\n'), 'Mend the document.');
}

function unusable(path: string, message: string, hint: string): CapstanError {
  return new CapstanError('CAPSTAN_INVALID_REQUEST', `${path}: ${message}`, { hint });
}

function checkedCode(code: string): string {
  if (/^[a-z][a-z0-9_]*$/.test(code)) return code;
  throw usageError(`${JSON.stringify(code)} is no pack code`, 'Lower-case letters, digits and _; a letter first.');
}

function refuseFilled(folder: string, shown: string): void {
  if (entriesOf(folder).length === 0) return;
  throw new CapstanError('CAPSTAN_CONFLICT', `${shown} is not empty`, {
    hint: 'Name a folder that is new: capstan pack from-openapi DOCUMENT FOLDER. Nothing is overwritten.',
  });
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A folder that is not there is as good as an empty one; any other trouble shows when it is written to.
    return [];
  }
}

function filterOf({ include, exclude }: FromOpenApiFlags): OperationFilter {
  return {
    ...(include === undefined ? {} : { include: selectionOf(include) }),
    ...(exclude === undefined ? {} : { exclude: selectionOf(exclude) }),
  };
}

const TAG = 'tag:';

function selectionOf(words: readonly string[]): OperationSelection {
  const tags = words.filter((word) => word.startsWith(TAG)).map((word) => word.slice(TAG.length));
  const paths = words.filter((word) => word.startsWith('/'));
  return { tags, paths, operations: words.filter((word) => !word.startsWith(TAG) && !word.startsWith('/')) };
}
