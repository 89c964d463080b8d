import { expect, test } from 'vitest';
import { readWorkflowText } from '../definition/read-workflow.ts';
import { planWorkflow } from '../plan/workflow-plan.ts';
import { playbooks } from './corpus.test.support.ts';

/** The graph of each playbook of the corpus, worked out by hand: what can run beside what. */
const GRAPHS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  content_drafting: [['understand_requirements'], ['design_structure'], ['draft_content'], ['optimize_suggestions']],
  execution_status_query: [
    ['extract_query_intent'],
    ['find_candidate_executions'],
    ['pick_target_execution'],
    ['query_execution_status', 'get_execution_steps'],
    ['summarize_execution_status'],
    ['generate_status_report'],
  ],
  ig_post_generation: [
    ['extract_topics', 'analyze_style', 'load_file_context', 'vector_search_context'],
    ['generate_image', 'merge_context'],
    ['build_prompt'],
    ['generate_posts'],
    ['write_to_vault'],
  ],
  pdf_ocr_and_index: [['ocr'], ['embed'], ['index']],
  yt_script_generation: [['extract_topics'], ['generate_script'], ['format_markdown']],
};

test(`the corpus of playbooks ${playbooks.size === 0 ? 'is not here, so none is read' : 'is all looked at'}`, () => {
  expect(playbooks.size === 0 ? [] : [...playbooks.keys()].sort()).toEqual(
    playbooks.size === 0 ? [] : Object.keys(GRAPHS),
  );
});

test.each([...playbooks])('the playbook %s becomes a workflow with the graph that it has', (name, text) => {
  const { definition, diagnostics } = readWorkflowText({ path: `${name}.json`, text });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (definition === undefined) throw new Error('no definition');
  expect(planWorkflow(definition).levels.map((level) => level.map(({ id }) => id))).toEqual(GRAPHS[name]);
});

test.each([...playbooks].filter(([name]) => name === 'pdf_ocr_and_index'))(
  'a member that a step of %s does not name is said, with its place',
  (_, text) => {
    const { diagnostics } = readWorkflowText({ path: 'p.json', text });
    const said = diagnostics.find(({ message }) => message.includes("names no output 'ocr_text'"));
    expect(said).toMatchObject({ severity: 'warning', position: { line: expect.any(Number) } });
  },
);

const PLAYBOOK = {
  version: '1.0',
  playbook_code: 'own',
  kind: 'user_workflow',
  steps: [
    { id: 'topics', tool: 'llm.extract', inputs: { text: '{{input.text}}' }, outputs: { list: 'data.topics' } },
    {
      id: 'image',
      tool: 'photos.search',
      condition: '{{input.query or input.wants_image}}',
      inputs: {
        q: '{{input.query or step.topics.list[0]}}',
        shape: "{{step.topics.shape if step.topics else 'square'}}",
      },
    },
    {
      id: 'write',
      tool: 'llm.write',
      inputs: {
        prompt:
          '{% if step.image %}With {{step.image.url}}{% elif input.query %}Q{% else %}Plain{% endif %}: {{input.text}}',
      },
    },
  ],
  inputs: { text: { type: 'string', required: true }, query: { type: 'string' }, wants_image: { type: 'boolean' } },
  outputs: { topics: { type: 'list[string]', source: 'step.topics.list' } },
};

test('inputs, named outputs, conditions and Jinja blocks are put into expressions', () => {
  const { definition } = readWorkflowText({ path: 'own.json', text: JSON.stringify(PLAYBOOK) });
  expect(definition?.source).toMatchObject({
    steps: [
      { input: { text: '${{ inputs.text }}' } },
      {
        when: '(truthy(inputs.query) || truthy(inputs.wants_image))',
        input: {
          q: '${{ (truthy(inputs.query) ? dyn(inputs.query) : dyn(steps.topics.result.?data.?topics[?0].orValue(null))) }}',
        },
      },
      { input: { prompt: expect.stringContaining('truthy(steps.image.result) ? "With " +') } },
    ],
    output: { topics: '${{ steps.topics.result.?data.?topics.orValue(null) }}' },
  });
  const variables = { steps: { topics: { result: null }, image: { result: null } }, run: {}, item: null, index: 0 };
  const write = definition?.steps.find(({ id }) => id === 'write')?.action;
  const input =
    write?.kind === 'tool' ? write.input.evaluate({ ...variables, inputs: { text: 't', query: null } }) : null;
  expect(input).toEqual({ prompt: 'Plain: t' });
});

test.each([
  ['{{ input.text | upper }}', "'| upper' is not translated"],
  ['{% for x in input.text %}{% endfor %}', "belongs to no '{% if %}'"],
  ['{{ input.text.strip() }}', 'calls are not translated'],
  ['{{ nobody }}', "nothing here is called 'nobody'"],
])('what Jinja has beyond that is refused with its place: %s', (text, message) => {
  const steps = [{ id: 'a', tool: 't', inputs: { text } }];
  const { definition, diagnostics } = readWorkflowText({
    path: 'own.json',
    text: JSON.stringify({ ...PLAYBOOK, steps, outputs: {} }, null, 1),
  });
  expect(definition).toBeUndefined();
  expect(diagnostics).toContainEqual(
    expect.objectContaining({ code: 'CAPSTAN_WORKFLOW_IMPORT', message: expect.stringContaining(message) }),
  );
});
