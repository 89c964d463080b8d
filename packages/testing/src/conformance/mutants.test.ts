import { MUTANTS, startExampleService } from '@capstan/example-remote-service';
import { describe, expect, it, onTestFinished } from 'vitest';
import { renderTable } from './render-table.ts';
import type { ConformanceReport } from './report.ts';
import { CONTRACT_REQUIREMENTS } from './requirements.ts';
import { verifyContract } from './verify-contract.ts';

const SAMPLE = { channel_id: 'C1', to: 'U1', messages: [{ type: 'text', text: 'hi' }] };

/** The slow mutant takes 1.5 s for one answer; the others are given all the time of a busy machine. */
const SLOW = 'CONTRACT-SPEED-1';

async function verified(mutant?: { readonly name: string; readonly breaks: string }): Promise<ConformanceReport> {
  const service = await startExampleService({
    token: 'the-right-token',
    stepMs: 2,
    ...(mutant === undefined ? {} : { mutant: mutant.name }),
  });
  onTestFinished(() => service.kill());
  return verifyContract({
    url: service.url,
    token: service.token,
    tool: 'line.send_message',
    sample: SAMPLE,
    answerWithinMs: mutant?.breaks === SLOW ? 1000 : 30_000,
  });
}

describe('the example service', () => {
  it('conforms in everything, and leaves nothing out', async () => {
    const report = await verified();
    const others = report.results.filter(({ verdict }) => verdict.status !== 'passed');
    expect(others, renderTable(report)).toEqual([]);
    expect(report).toMatchObject({ conclusion: 'conforms', tool: 'line.send_message' });
  });
});

describe('a mutant of the example service', () => {
  it('is there for every requirement, once', () => {
    expect(MUTANTS.map(({ breaks }) => breaks).toSorted()).toEqual(
      CONTRACT_REQUIREMENTS.map(({ id }) => id).toSorted(),
    );
  });

  it.each(MUTANTS)('$name fails $breaks and nothing else', async (mutant) => {
    const report = await verified(mutant);
    const failures = report.results.filter(({ verdict }) => verdict.status === 'failed').map(({ id }) => id);
    expect(failures, renderTable(report)).toEqual([mutant.breaks]);
  });
});
