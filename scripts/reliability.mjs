// `node --conditions=@capstan/source scripts/reliability.mjs`: runs the chaos tests' minute and writes docs/reliability.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runChaos } from '../packages/remote/src/chaos/chaos-run.test.support.ts';

const PAGE = resolve(import.meta.dirname, '../docs/reliability.md');
const BEGIN = '<!-- figures: written by scripts/reliability.mjs -->';
const END = '<!-- end of figures -->';

const RUNS = [
  ['one service, a minute', { seed: 3, callsPerSecond: 200, seconds: 60, services: 1, isDeadly: true }],
  ['three services, balanced, 30 s', { seed: 5, callsPerSecond: 200, seconds: 30, services: 3, isDeadly: true }],
];

const columns = [];
for (const [name, plan] of RUNS) {
  const figures = await runChaos(plan);
  columns.push([name, figures]);
  console.log(name, JSON.stringify(figures, undefined, 2));
}
const violations = columns.flatMap(([, { once, wronglyEnded, unhandled, leftOver }]) => [
  ...once.doubled,
  ...once.repeated,
  ...leftOver,
  ...(wronglyEnded + unhandled === 0 ? [] : ['outcomes or rejections']),
]);
const page = readFileSync(PAGE, 'utf8');
const [before, rest = ''] = page.split(BEGIN);
const after = rest.split(END)[1] ?? '';
writeFileSync(PAGE, `${before}${BEGIN}\n\n${table()}\n\n${END}${after}`);
if (violations.length > 0) {
  console.error(`violated: ${violations.join(', ')}`);
  process.exitCode = 1;
}

function table() {
  const rows = [
    ['calls', (f) => f.calls],
    ['… that ended other than once', (f) => f.wronglyEnded],
    ['… that succeeded', (f) => f.outcomes.succeeded ?? 0],
    ['… refused at once by an open breaker', (f) => f.outcomes.CAPSTAN_CIRCUIT_OPEN ?? 0],
    ['longest call (deadline 2,000 ms)', (f) => `${f.longestMs} ms`],
    ['services killed', (f) => f.kills],
    ['changes of a breaker', (f) => f.circuitChanges],
    ['repetitions let through, refused by the budget', (f) => `${f.retries.granted}, ${f.retries.refused}`],
    ['requests of calls that must not be repeated, as the service counts', (f) => f.once.requests],
    ['… whose work was done twice', (f) => f.once.doubled.length],
    ['… sent again without an answer that allows it', (f) => f.once.repeated.length],
    ['… sent again after 429, 503 or `retriable: true`', (f) => f.once.repeatedWithReason],
    ['requests of calls that may be repeated', (f) => f.repeatable.requests],
    ['unhandled rejections', (f) => f.unhandled],
    ['resources and sockets left over', (f) => f.leftOver.join(', ') || 'none'],
  ];
  const lines = [
    ['', ...columns.map(([name]) => name)],
    ['---', ...columns.map(() => '---')],
    ...rows.map(([name, read]) => [name, ...columns.map(([, figures]) => String(read(figures)))]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
