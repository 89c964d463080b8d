import { expect, test } from 'vitest';
import { readWorkflowText } from '../definition/read-workflow.ts';
import { formatPlan, planWorkflow } from '../plan/workflow-plan.ts';

const LESSON = `
- { tool_name: search_web, arguments: { query: latest news } }
- { tool_name: extract_article_text, arguments: { urls: step_0 }, depends_on: [step_0] }
- { tool_name: analyze_sentiment, arguments: { text: step_1 }, depends_on: [step_1], condition: step_1 is not None }
- { tool_name: generate_summary, arguments: { articles: step_2, all: [step_1, x] }, depends_on: [step_1, step_2] }
`;

test('steps of the lesson become steps of a workflow', () => {
  const { definition, diagnostics } = readWorkflowText({ path: 'lesson.yaml', text: LESSON });
  expect(diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual(['warning CAPSTAN_WORKFLOW_IMPORTED']);
  expect(definition?.source.steps).toEqual([
    { id: 'step_0', tool: 'search_web', input: { query: 'latest news' } },
    {
      id: 'step_1',
      tool: 'extract_article_text',
      input: { urls: '${{ steps.step_0.result }}' },
      depends_on: ['step_0'],
    },
    {
      id: 'step_2',
      tool: 'analyze_sentiment',
      input: { text: '${{ steps.step_1.result }}' },
      depends_on: ['step_1'],
      when: '(steps.step_1.result != null)',
    },
    {
      id: 'step_3',
      tool: 'generate_summary',
      input: { articles: '${{ steps.step_2.result }}', all: ['${{ steps.step_1.result }}', 'x'] },
      depends_on: ['step_1', 'step_2'],
    },
  ]);
  if (definition === undefined) throw new Error('no definition');
  expect(formatPlan(planWorkflow(definition))).toBe(`level 1
  step_0: search_web
level 2
  step_1: extract_article_text  (after step_0)
level 3
  step_2: analyze_sentiment  (after step_1; when (steps.step_1.result != null))
level 4
  step_3: generate_summary  (after step_1, step_2)`);
});

test.each([
  [
    "step_0['a'] == 1 and not step_0.b",
    '((steps.step_0.result[?"a"].orValue(null) == 1) && !truthy(steps.step_0.result.?b.orValue(null)))',
  ],
  ["'x' in step_0 or step_0 is None", '(("x" in steps.step_0.result) || (steps.step_0.result == null))'],
  ['step_0 >= 2 if step_0 else False', '(truthy(steps.step_0.result) ? (steps.step_0.result >= 2) : false)'],
])('a condition of Python is translated: %s', (condition, cel) => {
  const { definition } = readWorkflowText({ path: 'l.json', text: JSON.stringify(withCondition(condition)) });
  expect(definition?.steps[1]?.when?.source).toBe(cel);
});

test.each([
  ['len(step_0) > 1', "nothing here is called 'len'"],
  ['step_0.keys()', 'calls are not translated'],
  ['__import__("os")', "nothing here is called '__import__'"],
  ['lambda: 1', "': 1' is not translated"],
  ['step_0 + 1', "'+ 1' is not translated"],
  ['step_0 ==', 'it ends too early'],
])('anything else of Python is refused with its place: %s', (condition, message) => {
  const text = JSON.stringify(withCondition(condition), null, 1);
  const { definition, diagnostics } = readWorkflowText({ path: 'l.json', text });
  expect(definition).toBeUndefined();
  const [first] = diagnostics.filter(({ severity }) => severity === 'error');
  expect(first).toMatchObject({ code: 'CAPSTAN_WORKFLOW_IMPORT', message: expect.stringContaining(message) });
  expect(first?.frame).toContain('"condition"');
});

function withCondition(condition: string): object {
  return { steps: [{ tool_name: 'a' }, { tool_name: 'b', arguments: {}, condition }] };
}
