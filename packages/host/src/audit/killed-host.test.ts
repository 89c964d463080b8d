import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test-kit/pack-folder.ts';
import { openAuditSpool } from './audit-spool.ts';

const CHILD = new URL('./killed-host.test.support.ts', import.meta.url).pathname;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const KILLS = 3;
const SIGNS_BEFORE_KILL = 4;
const CALLS_PER_SIGN = 500;

/** Starts a host under load and kills it; the ids of the calls that it had answered are in the file. */
async function killUnderLoad(folder: string, answeredPath: string): Promise<void> {
  const child = spawn(process.execPath, ['--conditions=@capstan/source', CHILD, folder, answeredPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let signs = 0;
  child.stdout.on('data', (dots: Buffer) => {
    signs += dots.length;
    if (signs >= SIGNS_BEFORE_KILL) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
}

test('kill -9 under load loses no record of a call that was answered, and the chain stays whole', async () => {
  const folder = temporaryFolder({});
  const answeredPath = join(temporaryFolder({}), 'answered.txt');
  for (let kill = 0; kill < KILLS; kill += 1) await killUnderLoad(folder, answeredPath);
  const answered = readFileSync(answeredPath, 'utf8').split('\n').slice(0, -1);
  await openAuditSpool(folder, { logger: SILENT }).close();
  const recorded = new Set<string>();
  const sequences: number[] = [];
  for (const name of readdirSync(folder)
    .filter((each) => each.endsWith('.jsonl'))
    .sort()) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1)) {
      const { execution_id: id, sequence } = JSON.parse(line);
      recorded.add(id);
      sequences.push(sequence);
    }
  }
  expect(answered.length).toBeGreaterThanOrEqual(KILLS * SIGNS_BEFORE_KILL * CALLS_PER_SIGN);
  expect(answered.filter((id) => !recorded.has(id))).toEqual([]);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
});
