import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CapstanError } from '@capstan/sdk';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { type NewPackKind, newPackFiles } from './new-pack-files.ts';

/** What a new pack starts as. */
export interface NewPackRequest {
  readonly code: string;
  readonly folder: string | undefined;
  readonly kind: NewPackKind;
}

/** `capstan pack new`: a pack that validates and tests clean, to be changed from there. */
export async function newPack(
  { io, printer }: CommandContext,
  { code, folder, kind }: NewPackRequest,
): Promise<number> {
  if (!/^[a-z][a-z0-9_]*$/u.test(code)) {
    throw usageError(`${JSON.stringify(code)} is no pack code`, 'Lower-case letters, digits and _; a letter first.');
  }
  const shown = folder ?? code.replaceAll('_', '-');
  const target = resolve(io.cwd, shown);
  refuseFilled(target, shown);
  const files = newPackFiles(code, kind);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
  }
  const place = relative(io.cwd, target) || '.';
  if (printer.format === 'json') printer.json({ code, folder: place, files: Object.keys(files) });
  else {
    const build = kind === 'code' ? [`  cd ${place} && npm install && npm run build`] : [];
    const next = [
      ...build,
      `  capstan pack validate ${place} --strict`,
      `  capstan pack test ${place}`,
      `  capstan serve ${place}`,
    ];
    printer.text([`${code}: ${Object.keys(files).length} files in ${place}. Next:`, ...next].join('\n'));
  }
  return EXIT_OK;
}

function refuseFilled(target: string, shown: string): void {
  if (entriesOf(target).length === 0) return;
  throw new CapstanError('CAPSTAN_CONFLICT', `${shown} is not empty`, {
    hint: 'Name a folder that is new: capstan pack new CODE FOLDER. Nothing is overwritten.',
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
