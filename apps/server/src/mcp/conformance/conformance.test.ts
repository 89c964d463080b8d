import { describe, expect, onTestFinished, test } from 'vitest';
import { behindCapstan } from './test-kit/behind-capstan.ts';
import { EXPECTED_ACROSS, KNOWN_BEHIND_CAPSTAN, KNOWN_DIRECT } from './test-kit/known-failures.ts';
import { runSuite, type SuiteReport } from './test-kit/run-suite.ts';
import type { Subject } from './test-kit/subject.ts';
import { subject2025 } from './test-kit/subject-2025.ts';
import { subject2026 } from './test-kit/subject-2026.ts';

const REVISIONS = { '2026-07-28': subject2026, '2025-11-25': subject2025 } as const;
type Revision = keyof typeof REVISIONS;

/** What requires how many scenarios, so that a suite that runs nothing is no success. */
const SCENARIOS: Readonly<Record<Revision, number>> = { '2026-07-28': 50, '2025-11-25': 33 };
const LIMIT_MS = 60_000;
/** Scenarios of an extension that only 2026-07-28 has: a server of 2025-11-25 lacks what they call. */
const TASKS = 'tasks-';

describe.each(['2026-07-28', '2025-11-25'] as const)('the official suite, revision %s', (revision) => {
  test('fails as known with the server itself', async () => {
    const subject = await subjectOf(revision);
    expect(failed(await run(subject.url, revision))).toEqual([...KNOWN_DIRECT[revision]].sort());
  });

  test('passes behind Capstan wherever the server passes itself', async () => {
    const subject = await subjectOf(revision);
    const { url } = await behindCapstan(subject.url);
    expect(failed(await run(url, revision))).toEqual([...KNOWN_BEHIND_CAPSTAN[revision]].sort());
    expect(KNOWN_DIRECT[revision]).toEqual(expect.arrayContaining([...KNOWN_BEHIND_CAPSTAN[revision]]));
  });

  test('passes behind Capstan with a server of the other revision, but for what that revision cannot say', async () => {
    const other = revision === '2026-07-28' ? '2025-11-25' : '2026-07-28';
    const subject = await subjectOf(other);
    const { url } = await behindCapstan(subject.url);
    const expected = new Set([...KNOWN_BEHIND_CAPSTAN[revision], ...EXPECTED_ACROSS[revision]]);
    const found = failed(await run(url, revision)).filter((check) => !check.startsWith(TASKS));
    expect(found).toEqual([...expected].sort());
  });
});

async function subjectOf(revision: Revision): Promise<Subject> {
  const subject = await REVISIONS[revision]();
  onTestFinished(() => subject.stop());
  return subject;
}

async function run(server: string, revision: Revision): Promise<SuiteReport> {
  const report = await runSuite({ server }, revision, AbortSignal.timeout(LIMIT_MS));
  expect(report.scenarios).toHaveLength(SCENARIOS[revision]);
  return report;
}

function failed({ failures }: SuiteReport): readonly string[] {
  return [...failures.keys()].sort();
}
