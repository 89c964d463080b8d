import { describe, expect, it } from 'vitest';
import { renderJson } from './render-json.ts';
import { renderJunit } from './render-junit.ts';
import { renderTable } from './render-table.ts';
import { type ConformanceReport, concludeFrom, type RequirementResult } from './report.ts';
import { failed, notChecked, notOffered, passed, type RequirementLevel, type Verdict } from './requirement.ts';

function result(id: string, level: RequirementLevel, verdict: Verdict): RequirementResult {
  const source = 'docs/formats/remote-contract.md#errors';
  return { id, title: `About ${id}`, level, source, verdict, durationMs: 12.4 };
}

const REPORT: ConformanceReport = {
  url: 'http://127.0.0.1:7421',
  tool: 'line.send_message',
  startedAt: '2025-12-03T20:00:00.000Z',
  durationMs: 1234.5,
  conclusion: 'violates',
  counts: { passed: 1, failed: 2, skipped: 1 },
  results: [
    result('A-1', 'must', passed),
    result('LONGER-2', 'must', failed('got "<b>" & \u0001\nthen nothing')),
    result('A-3', 'should', { status: 'failed', reason: 'no colour', sent: 'POST /v1/tools/a {"x":1}' }),
    result('A-4', 'optional', notOffered('nobody offers it')),
  ],
};

describe('a report', () => {
  it('is a table for people', () => {
    expect(renderTable(REPORT)).toBe(
      [
        'http://127.0.0.1:7421, called with line.send_message',
        '',
        'pass  A-1       must      About A-1',
        'FAIL  LONGER-2  must      About LONGER-2',
        '                got "<b>" & \ufffdthen nothing',
        '                see docs/conformance.md#longer-2 and docs/formats/remote-contract.md#errors',
        'warn  A-3       should    About A-3',
        '                no colour',
        '                sent POST /v1/tools/a {"x":1}',
        '                see docs/conformance.md#a-3 and docs/formats/remote-contract.md#errors',
        'skip  A-4       optional  About A-4 (nobody offers it)',
        '',
        '1 passed, 2 failed, 1 skipped: the service does not conform to the contract.',
        '',
      ].join('\n'),
    );
  });

  it('is JSON for programs', () => {
    const { results, ...head } = JSON.parse(renderJson(REPORT));
    expect(head).toEqual({
      url: 'http://127.0.0.1:7421',
      tool: 'line.send_message',
      started_at: '2025-12-03T20:00:00.000Z',
      duration_ms: 1235,
      conclusion: 'violates',
      counts: { passed: 1, failed: 2, skipped: 1 },
    });
    expect(results).toMatchObject([
      { id: 'A-1', status: 'passed', level: 'must' },
      { id: 'LONGER-2', status: 'failed', reason: expect.any(String) },
      { id: 'A-3', status: 'failed', level: 'should' },
      { id: 'A-4', status: 'skipped', skipped_because: 'not_offered', reason: 'nobody offers it' },
    ]);
  });

  it('is JUnit XML for CI systems, in which a recommendation is not red', () => {
    const xml = renderJunit(REPORT);
    expect(xml).toContain(
      'tests="4" failures="1" skipped="2" errors="0" time="1.234" timestamp="2025-12-03T20:00:00.000Z"',
    );
    expect(xml).toContain('<testcase classname="contract.must" name="A-1 About A-1" time="0.012"/>');
    expect(xml).toContain('<failure message="got &quot;&lt;b&gt;&quot; &amp; \ufffd&#10;then nothing"/>');
    expect(xml).toContain(
      '<skipped message="recommended: no colour">sent POST /v1/tools/a {&quot;x&quot;:1}</skipped>',
    );
    expect(xml).toContain('<skipped message="nobody offers it"/>');
  });
});

describe('the conclusion', () => {
  it.each<[string, readonly [RequirementLevel, Verdict][]]>([
    [
      'conforms',
      [
        ['must', passed],
        ['should', failed('x')],
        ['optional', notOffered('x')],
        ['optional', notChecked('x')],
      ],
    ],
    [
      'violates',
      [
        ['must', failed('x')],
        ['must', notChecked('x')],
      ],
    ],
    [
      'violates',
      [
        ['must', passed],
        ['optional', failed('x')],
      ],
    ],
    [
      'incomplete',
      [
        ['must', notChecked('x')],
        ['optional', passed],
      ],
    ],
    ['conforms', [['must', notOffered('x')]]],
  ])('is "%s"', (conclusion, verdicts) => {
    expect(concludeFrom(verdicts.map(([level, verdict]) => ({ level, verdict })))).toBe(conclusion);
  });
});
