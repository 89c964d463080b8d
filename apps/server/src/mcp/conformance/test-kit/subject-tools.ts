import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@capstan/sdk';
import { form, ROOTS, SubjectError, type SubjectHandler, said, sampling } from './subject-call.ts';

/** One tool of the subject. */
export interface SubjectTool {
  readonly definition: JsonObject;
  readonly handle: SubjectHandler;
}

/** A picture of one point. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** A sound without a sample. */
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';
/** Between two notices of one call, so that they arrive one by one. */
const STEP_MS = 20;
const NAME: JsonObject = { name: { type: 'string' } };
const MISSING_CAPABILITY = -32_021;

const text = (words: string): SubjectHandler => {
  return () => said(words);
};

/** Asks, then says what came back. */
const asks = (
  key: string,
  question: (args: JsonObject) => JsonObject,
  tell: (answer: JsonObject) => string,
): SubjectHandler => {
  return ({ args, answers }) => {
    const answer = answers[key];
    return answer === undefined ? { ask: { [key]: question(args) } } : said(tell(answer));
  };
};

const completed = (answer: JsonObject): string =>
  `Elicitation completed: action=${String(answer.action)}, content=${JSON.stringify(answer.content ?? {})}`;

/** Questions that all have to be answered; what is known travels with the client, signed. */
const asksAll = (questions: Readonly<Record<string, JsonObject>>, words: string): SubjectHandler => {
  return ({ answers }) => {
    const open = Object.entries(questions).filter(([key]) => answers[key] === undefined);
    return open.length === 0 ? said(words) : { ask: Object.fromEntries(open), isSigned: true };
  };
};

const HANDLERS: Readonly<Record<string, SubjectHandler>> = {
  test_simple_text: text('This is a simple text response for testing.'),
  test_image_content: () => ({ result: { content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] } }),
  test_audio_content: () => ({ result: { content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] } }),
  test_embedded_resource: () => ({
    result: { content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')] },
  }),
  test_multiple_content_types: () => ({
    result: {
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        { type: 'image', data: PNG, mimeType: 'image/png' },
        embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
      ],
    },
  }),
  test_tool_with_logging: async ({ log }) => {
    for (const words of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await log('info', words);
      await pause(STEP_MS);
    }
    return said('Told what it did.');
  },
  test_logging_tool: async ({ log }) => {
    await log('info', 'logged');
    return said('Logged.');
  },
  test_error_handling: () => ({
    result: {
      content: [{ type: 'text', text: 'This tool intentionally returns an error for testing' }],
      isError: true,
    },
  }),
  test_tool_with_progress: async ({ progress }) => {
    for (const step of [0, 50, 100]) {
      await progress(step, 100);
      await pause(STEP_MS);
    }
    return said('Done.');
  },
  test_sampling: asks(
    'said',
    ({ prompt }) => sampling(String(prompt)),
    ({ content }) => `LLM response: ${JSON.stringify(content)}`,
  ),
  test_elicitation: asks(
    'user',
    ({ message }) => form(String(message), { username: { type: 'string' }, email: { type: 'string' } }),
    (answer) => `User response: action=${String(answer.action)}, content=${JSON.stringify(answer.content ?? {})}`,
  ),
  test_streaming_elicitation: asks('name', () => form('Name?', NAME), completed),
  test_elicitation_sep1034_defaults: asks(
    'defaults',
    () =>
      form(
        'Look these through',
        {
          name: { type: 'string', default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
        [],
      ),
    completed,
  ),
  test_elicitation_sep1330_enums: asks(
    'enums',
    () =>
      form(
        'Choose',
        {
          untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
          titledSingle: { type: 'string', oneOf: titled('value', ['First Option', 'Second Option', 'Third Option']) },
          legacyEnum: {
            type: 'string',
            enum: ['opt1', 'opt2', 'opt3'],
            enumNames: ['Option One', 'Option Two', 'Option Three'],
          },
          untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
          titledMulti: {
            type: 'array',
            items: { anyOf: titled('value', ['First Choice', 'Second Choice', 'Third Choice']) },
          },
        },
        [],
      ),
    completed,
  ),
  test_input_required_result_elicitation: asks(
    'user_name',
    () => form('What is your name?', NAME),
    ({ content }) => `Hello, ${JSON.stringify(content)}!`,
  ),
  test_input_required_result_sampling: asks(
    'capital_question',
    () => sampling('What is the capital of France?'),
    ({ content }) => JSON.stringify(content),
  ),
  test_input_required_result_list_roots: asks(
    'client_roots',
    () => ROOTS,
    ({ roots }) => JSON.stringify(roots),
  ),
  test_input_required_result_request_state: asksAll(
    { confirm: form('Please confirm', { ok: { type: 'boolean' } }) },
    'state-ok',
  ),
  test_input_required_result_tampered_state: asksAll(
    { confirm: form('Please confirm', { ok: { type: 'boolean' } }) },
    'state-ok',
  ),
  test_input_required_result_multiple_inputs: asksAll(
    {
      user_name: form('What is your name?', NAME),
      greeting: sampling('Generate a greeting', 50),
      client_roots: ROOTS,
    },
    'All answered.',
  ),
  test_input_required_result_multi_round: ({ answers }) => {
    if (answers.step1 === undefined)
      return { ask: { step1: form('Step 1: What is your name?', NAME) }, isSigned: true };
    if (answers.step2 !== undefined) return said('Both steps are done.');
    const color = { color: { type: 'string' } };
    return { ask: { step2: form('Step 2: What is your favorite color?', color) }, isSigned: true };
  },
  test_input_required_result_capabilities: ({ capabilities, answers }) => {
    const ask = {
      ...(capabilities.sampling === undefined ? {} : { said: sampling('Say something') }),
      ...(capabilities.elicitation === undefined ? {} : { name: form('Name?', NAME) }),
    };
    return Object.keys(ask).every((key) => answers[key] !== undefined) ? said('Nothing to ask.') : { ask };
  },
  test_missing_capability: ({ capabilities, answers }) => {
    if (capabilities.sampling === undefined) {
      const data = { requiredCapabilities: { sampling: {} } };
      throw new SubjectError(MISSING_CAPABILITY, 'Missing required client capability: sampling', data);
    }
    return answers.said === undefined ? { ask: { said: sampling('Say something') } } : said('Said.');
  },
  test_trigger_tool_change: ({ changed }) => {
    changed('tools');
    return said('The tools have changed.');
  },
  test_trigger_prompt_change: ({ changed }) => {
    changed('prompts');
    return said('The prompts have changed.');
  },
  test_header_parameter: ({ args }) => said(`region ${String(args.region)}`),
  json_schema_2020_12_tool: text('Called.'),
};

const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  test_sampling: { type: 'object', properties: { prompt: { type: 'string' } }, required: ['prompt'] },
  test_elicitation: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
  test_header_parameter: {
    type: 'object',
    properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  },
  json_schema_2020_12_tool: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
      address: {
        $anchor: 'addressDef',
        type: 'object',
        properties: { street: { type: 'string' }, city: { type: 'string' } },
      },
    },
    properties: {
      name: { type: 'string' },
      address: { $ref: '#/$defs/address' },
      contactMethod: { type: 'string', enum: ['phone', 'email'] },
      phone: { type: 'string' },
      email: { type: 'string' },
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false,
  },
};

/** The tools that the suite asks for, and one that comes and goes. */
export const SUBJECT_TOOLS: ReadonlyMap<string, SubjectTool> = new Map(
  Object.entries(HANDLERS).map(([name, handle]) => {
    const inputSchema = SCHEMAS[name] ?? { type: 'object' };
    return [name, { definition: { name, description: `Of the suite: ${name}.`, inputSchema }, handle }];
  }),
);

function embedded(uri: string, mimeType: string, words: string): JsonObject {
  return { type: 'resource', resource: { uri, mimeType, text: words } };
}

function titled(prefix: string, titles: readonly string[]): JsonObject[] {
  return titles.map((title, index) => ({ const: `${prefix}${index + 1}`, title }));
}
