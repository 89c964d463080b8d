import type { JsonSchema } from '@capstan/sdk';
import { ON_ERROR } from './workflow-definition.ts';

type SchemaObject = { readonly [keyword: string]: unknown };

const DAY_MS = 86_400_000;
/** Longer waits than this are no waits any more. */
const MAX_WAIT_MS = 366 * DAY_MS;
const MAX_STEPS = 500;
/** Calls of one run that may be under way at once. */
const MAX_PARALLEL = 100;

const text = (description: string): SchemaObject => ({ type: 'string', minLength: 1, description });
const count = (description: string, minimum: number, maximum: number): SchemaObject => ({
  type: 'integer',
  minimum,
  maximum,
  description,
});
const record = (description: string, properties: SchemaObject, required: readonly string[] = []): SchemaObject => ({
  type: 'object',
  ...(required.length > 0 ? { required } : {}),
  additionalProperties: false,
  patternProperties: { '^x-': true },
  properties,
  description,
});

const PARALLEL = count('How many calls may be under way at once.', 1, MAX_PARALLEL);

const STEP = record(
  'One step.',
  {
    id: {
      type: 'string',
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      patternErrorMessage: 'must be a name of letters, digits and _',
      maxLength: 64,
      description: 'By which other steps speak of it.',
    },
    description: text('For people.'),
    tool: text('Tool id, exposed name or alias.'),
    input: { type: 'object', description: 'Its arguments; texts may hold ${{ expressions }}.' },
    connection: text('Id or name of a connection, where the tool has more than one.'),
    delay_ms: { type: ['integer', 'string'], minimum: 0, maximum: MAX_WAIT_MS, description: 'Waits, in ms.' },
    event: text('Waits until the run is sent an event of this name.'),
    depends_on: { type: 'array', items: { type: 'string' }, description: 'Ids of steps that must be over before.' },
    when: text('A condition (CEL). Where it is false, the step is skipped.'),
    for_each: {
      anyOf: [
        { type: ['string', 'array'] },
        record('A list, and how many at once.', { items: { type: ['string', 'array'] }, max_parallel: PARALLEL }, [
          'items',
        ]),
      ],
      description: 'Runs the step for each item of a list: ${{ item }}, ${{ index }}.',
    },
    approval: { type: ['boolean', 'string'], description: 'Somebody has to approve before it starts.' },
    retry: record('When a failed call is made again.', {
      max_retries: count('Beyond the first attempt.', 0, 20),
      base_ms: count('Before the first retry, in ms.', 0, DAY_MS),
      max_ms: count('The longest pause, in ms.', 0, DAY_MS),
    }),
    on_error: { enum: ON_ERROR, default: 'fail', description: 'What happens when it fails for good.' },
    fallback: text('A tool that is called in its place where it fails.'),
    compensate: record(
      'What undoes it when the run fails later.',
      { tool: text('The tool.'), input: { type: 'object', description: 'Its arguments.' } },
      ['tool'],
    ),
    timeout_ms: count('How long an attempt, or the wait, may take, in ms.', 1, MAX_WAIT_MS),
  },
  ['id'],
);

/** The published schema of a workflow (`schema/workflow.schema.json`), JSON Schema 2020-12. */
export const WORKFLOW_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://capstan.dev/schema/workflow.schema.json',
  title: 'Capstan workflow',
  ...record(
    'A composition of tools.',
    {
      name: text('For people.'),
      description: { type: 'string', description: 'For people and agents.' },
      inputs: {
        type: 'object',
        additionalProperties: { type: 'object' },
        description: 'A JSON Schema for each input, with required: true where it must be given.',
      },
      max_parallel: { ...PARALLEL, default: 5 },
      timeout_ms: count('How long a run may take, in ms.', 1, MAX_WAIT_MS),
      steps: { type: 'array', minItems: 1, maxItems: MAX_STEPS, items: STEP, description: 'What is done.' },
      output: { description: 'What a run gives; texts may hold ${{ expressions }}.' },
      schedule: record('Starts runs by itself.', { cron: text('Five fields.'), inputs: { type: 'object' } }, ['cron']),
    },
    ['steps'],
  ),
};
