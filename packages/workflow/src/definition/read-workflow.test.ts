import { formatDiagnostic } from '@capstan/schema';
import { expect, test } from 'vitest';
import { planAsMermaid, planWorkflow } from '../plan/workflow-plan.ts';
import type { KnownTools } from './check-tools.ts';
import { type ReadWorkflowOptions, readWorkflowText } from './read-workflow.ts';

const read = (text: string, options: ReadWorkflowOptions = {}) => readWorkflowText({ path: 'w.yaml', text }, options);
const errors = (text: string, options?: ReadWorkflowOptions): readonly string[] =>
  read(text, options).diagnostics.map(
    ({ code, position, message }) =>
      `${position.line}:${position.column} ${code.replace('CAPSTAN_WORKFLOW_', '')} ${message}`,
  );

const RESEARCH = `
inputs: { topic: { type: string, required: true }, lines: { type: integer, default: 3 } }
max_parallel: 2
steps:
  - { id: summary, tool: generate_summary, input: { text: "\${{ steps.extract.result }}", mood: "\${{ steps.mood.result }}" } }
  - { id: search, tool: search_web, input: { query: "\${{ inputs.topic }}" } }
  - { id: extract, tool: extract_text, input: { urls: "\${{ steps.search.result.urls }}" } }
  - id: mood
    tool: analyze_sentiment
    input: { text: "\${{ steps.extract.result }}" }
    when: steps.extract.result != null
    retry: { max_retries: 2 }
    on_error: skip
output: "\${{ steps.summary.result }}"
`;

test('a reference implies a dependency, and steps are put in an order that can run', () => {
  const { definition, diagnostics } = read(RESEARCH);
  expect(diagnostics).toEqual([]);
  expect(definition?.steps.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['search', []],
    ['extract', ['search']],
    ['mood', ['extract']],
    ['summary', ['extract', 'mood']],
  ]);
  expect(definition).toMatchObject({
    maxParallel: 2,
    inputDefaults: { topic: null, lines: 3 },
    inputSchema: { required: ['topic'], properties: { topic: { type: 'string' } } },
  });
  expect(definition?.digest).toMatch(/^[0-9a-f]{64}$/);
});

test('a definition has the digest of what it says, not of how it is written', () => {
  const one = read('steps: [{ id: a, tool: t, input: { x: 1, y: 2 } }]').definition?.digest;
  expect(read('{"steps":[{"tool":"t","id":"a","input":{"y":2,"x":1}}]}').definition?.digest).toBe(one);
  expect(read('steps: [{ id: a, tool: t, input: { x: 1, y: 3 } }]').definition?.digest).not.toBe(one);
});

test('the graph as Mermaid', () => {
  const { definition } = read(RESEARCH);
  if (definition === undefined) throw new Error('no definition');
  expect(planAsMermaid(planWorkflow(definition))).toBe(`flowchart TD
  search["search<br/>search_web"]
  extract["extract<br/>extract_text"]
  mood["mood<br/>analyze_sentiment"]
  summary["summary<br/>generate_summary"]
  search --> extract
  extract -. when .-> mood
  extract --> summary
  mood --> summary`);
});

test.each([
  ['a: 1', '1:1 MISSING_KEY'],
  ['steps: []', '1:8 VALUE'],
  ['steps: [{ id: a, tool: t, inptu: {} }]', '1:27 UNKNOWN_KEY'],
  ['steps: [{ id: a-b, tool: t }]', '1:15 VALUE'],
  ['steps: [{ id: a }]', "1:9 STEP_ACTION the step 'a' does nothing"],
  ['steps: [{ id: a, tool: t, delay_ms: 1 }]', '1:9 STEP_ACTION'],
  ['steps: [{ id: a, tool: t }, { id: a, tool: t }]', '1:35 DUPLICATE_STEP'],
  ['steps: [{ id: a, tool: t, depends_on: [bb] }]', "1:40 UNKNOWN_STEP there is no step 'bb'"],
  ['steps: [{ id: a, tool: t, when: steps.b.result == 1 }]', "1:33 UNKNOWN_STEP there is no step 'b'"],
  ['steps: [{ id: a, tool: t, when: "steps.a.result == 1" }]', '1:33 NOT_RUN_YET'],
  ['steps: [{ id: a, tool: t, when: "1 + " }]', '1:33 EXPRESSION'],
  ['steps: [{ id: a, tool: t, when: "\'text\'" }]', '1:33 TYPE a condition is true or false'],
  ['steps: [{ id: a, tool: t, input: { x: ["${{ item }}"] } }]', "1:34 EXPRESSION 'item' has a value only"],
  [
    'steps: [{ id: a, tool: t, input: { x: "${{ steps[inputs.y].result }}" } }]',
    '1:34 EXPRESSION an expression speaks of steps',
  ],
  [
    'inputs: { topic: {} }\nsteps: [{ id: a, tool: t, when: inputs.topci == 1 }]',
    "2:33 UNKNOWN_INPUT there is no input 'topci'",
  ],
  ['steps: [{ id: a, tool: t, when: "steps.b.reslut == 1" }, { id: b, tool: t }]', '1:33 EXPRESSION'],
  ['steps: [{ id: a, tool: t, on_error: fallback }]', '1:37 MISSING_KEY'],
  [
    'steps: [{ id: a, tool: t, depends_on: [b] }, { id: b, tool: t, when: steps.a.result }]',
    "1:46 NOT_RUN_YET the step 'b' speaks of 'a', which runs after it",
  ],
])('what is wrong is said with its place: %s', (text, expected) => {
  const found = errors(text);
  expect(found.join('\n')).toContain(expected);
});

test('steps that wait for each other, and those that speak of what runs after them', () => {
  expect(
    errors(
      'steps: [{ id: a, tool: t, depends_on: [c] }, { id: b, tool: t, depends_on: [a] }, { id: c, tool: t, depends_on: [b] }]',
    ),
  ).toEqual(['1:9 CYCLE steps wait for each other in a circle: a -> c -> b -> a']);
  expect(
    errors('steps: [{ id: a, tool: t, input: { x: "${{ steps.b.result }}" } }, { id: b, tool: t, depends_on: [a] }]'),
  ).toEqual(["1:9 NOT_RUN_YET the step 'a' speaks of 'b', which runs after it and cannot have run yet"]);
});

const TOOLS: ReadonlyMap<string, object> = new Map([
  [
    'search',
    { type: 'object', required: ['query'], properties: { query: { type: 'string' } }, additionalProperties: false },
  ],
  ['count', { type: 'object', properties: { list: { type: 'array' }, upto: { type: 'integer' } } }],
]);
const tools: KnownTools = {
  names: () => TOOLS.keys(),
  find(name) {
    const inputSchema = TOOLS.get(name);
    const outputSchema = { type: 'object', properties: { urls: { type: 'array' }, title: { type: 'string' } } };
    return inputSchema && { inputSchema: { ...inputSchema }, ...(name === 'search' ? { outputSchema } : {}) };
  },
};

test('unknown tools, missing and unknown arguments, and types that cannot fit', () => {
  const text = `steps:
  - { id: a, tool: serch }
  - { id: b, tool: search, input: { qeury: x } }
  - { id: c, tool: search, input: { query: 5 } }
  - { id: d, tool: count, input: { list: "\${{ steps.c.result.title }}", upto: "n \${{ steps.c.result.urls }}" } }
  - { id: e, tool: count, input: { list: "\${{ steps.c.result.urls }}", upto: "\${{ size(steps.c.result.urls) }}" } }
`;
  expect(errors(text, { tools })).toEqual([
    "2:20 UNKNOWN_TOOL there is no tool 'serch' here",
    "3:28 ARGUMENT the tool 'search' needs 'query'",
    "3:37 ARGUMENT the tool takes no 'qeury'",
    "4:44 TYPE 'query' of 'search' is string, and this is integer",
    "5:42 TYPE 'list' of 'count' is array, and this is string",
    "5:79 TYPE 'upto' of 'count' is integer or number, and this is string",
  ]);
});

test('a diagnostic shows the line, and what to do', () => {
  const [diagnostic] = read(
    'steps:\n  - { id: a, tool: t, depends_on: [serach] }\n  - { id: search, tool: t }',
  ).diagnostics;
  expect(diagnostic && formatDiagnostic(diagnostic)).toContain("did you mean 'search'?");
  expect(diagnostic?.frame).toContain('depends_on: [serach]');
});
