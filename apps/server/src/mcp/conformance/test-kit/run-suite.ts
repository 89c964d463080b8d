import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One check of the suite. */
interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

/** What went wrong, by `scenario:check`, with the suite's words; and the scenarios that ran. */
export interface SuiteReport {
  readonly scenarios: readonly string[];
  readonly failures: ReadonlyMap<string, string>;
}

/** Something the suite is told to look at. */
export type SuiteTarget = { readonly server: string } | { readonly client: string; readonly scenario: string };

/** How long one client may take: a start on a busy machine, and its calls. */
const CLIENT_MS = '50000';
const RESULT_FOLDER = /^(?:server-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/;
const BIN = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/dist/index.js');

/** Runs what a revision requires, and what the suite has beside that, in a process of its own. */
export async function runSuite(target: SuiteTarget, revision: string, signal: AbortSignal): Promise<SuiteReport> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-suite-'));
  try {
    const what =
      'server' in target
        ? ['server', '--url', target.server, '--requirements', revision]
        : [
            'client',
            '--command',
            target.client,
            '--scenario',
            target.scenario,
            '--spec-version',
            revision,
            '--timeout',
            CLIENT_MS,
          ];
    await ended([BIN, ...what, '--output-dir', folder], signal);
    return await readReport(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The exit code repeats what the checks say; there may be failures that are known. */
function ended(args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'ignore', signal });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

async function readReport(folder: string): Promise<SuiteReport> {
  const scenarios: string[] = [];
  const failures = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.name !== 'checks.json') continue;
    const place = entry.parentPath.slice(folder.length + 1);
    const scenario = RESULT_FOLDER.exec(place)?.[1] ?? place;
    scenarios.push(scenario);
    const checks = JSON.parse(await readFile(join(entry.parentPath, entry.name), 'utf8')) as readonly Check[];
    for (const { id, status, errorMessage } of checks) {
      if (status === 'FAILURE' || status === 'WARNING') failures.set(`${scenario}:${id}`, errorMessage ?? '');
    }
  }
  return { scenarios: scenarios.sort(), failures };
}
