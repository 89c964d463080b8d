import type { JsonObject } from '@capstan/sdk';
import { form, SubjectError, type SubjectHandler } from './subject-call.ts';
import { PNG, SUBJECT_TOOLS } from './subject-tools.ts';

/** What the subject announces. */
export const SUBJECT_CAPABILITIES: JsonObject = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
};

const message = (content: JsonObject): JsonObject => ({ role: 'user', content });
const words = (text: string): JsonObject => message({ type: 'text', text });
const messages = (...all: readonly JsonObject[]): { readonly result: JsonObject } => ({ result: { messages: all } });

const PROMPTS: Readonly<Record<string, { readonly arguments: readonly string[]; readonly handle: SubjectHandler }>> = {
  test_simple_prompt: {
    arguments: [],
    handle: () => messages(words('This is a simple prompt for testing.')),
  },
  test_prompt_with_arguments: {
    arguments: ['arg1', 'arg2'],
    handle: ({ args }) =>
      messages(words(`Prompt with arguments: arg1='${String(args.arg1)}', arg2='${String(args.arg2)}'`)),
  },
  test_prompt_with_embedded_resource: {
    arguments: ['resourceUri'],
    handle: ({ args }) => {
      const text = 'Embedded resource content for testing.';
      const resource = { uri: String(args.resourceUri), mimeType: 'text/plain', text };
      return messages(message({ type: 'resource', resource }), words('Please process the embedded resource above.'));
    },
  },
  test_prompt_with_image: {
    arguments: [],
    handle: () =>
      messages(message({ type: 'image', data: PNG, mimeType: 'image/png' }), words('Please analyze the image above.')),
  },
  test_input_required_result_prompt: {
    arguments: [],
    handle: ({ answers }) => {
      const question = form('What context should the prompt use?', { context: { type: 'string' } });
      return answers.user_context === undefined
        ? { ask: { user_context: question } }
        : messages(words(JSON.stringify(answers.user_context.content)));
    },
  },
};

const RESOURCES: Readonly<Record<string, JsonObject>> = {
  'test://static-text': {
    mimeType: 'text/plain',
    text: 'This is the content of the static text resource.',
  },
  'test://static-binary': { mimeType: 'image/png', blob: PNG },
  'test://watched-resource': { mimeType: 'text/plain', text: 'Watched.' },
  'test://example-resource': { mimeType: 'text/plain', text: 'An example.' },
};
const TEMPLATE = /^test:\/\/template\/([^/]+)\/data$/;

/** The lists of the subject; `extra` is what came since it started. */
export function subjectList(method: string, extra: { readonly tools: boolean; readonly prompts: boolean }): JsonObject {
  if (method === 'tools/list') {
    const tools = [...SUBJECT_TOOLS.values()].map(({ definition }) => definition);
    const added = { name: 'test_added', description: 'Comes and goes.', inputSchema: { type: 'object' } };
    return { tools: extra.tools ? [...tools, added] : tools };
  }
  if (method === 'prompts/list') {
    const prompts = Object.entries(PROMPTS).map(([name, prompt]) => ({
      name,
      description: `Of the suite: ${name}.`,
      arguments: prompt.arguments.map((argument) => ({ name: argument, required: true })),
    }));
    return { prompts: extra.prompts ? [...prompts, { name: 'test_added', description: 'Comes and goes.' }] : prompts };
  }
  if (method === 'resources/list') {
    const resources = Object.entries(RESOURCES).map(([uri, { mimeType }]) => ({
      uri,
      name: uri.slice('test://'.length),
      description: `Of the suite: ${uri}.`,
      mimeType: mimeType ?? 'text/plain',
    }));
    return { resources };
  }
  const data = { uriTemplate: 'test://template/{id}/data', name: 'data', description: 'By id.' };
  return { resourceTemplates: [{ ...data, mimeType: 'application/json' }] };
}

/** What answers a tool or a prompt. @throws SubjectError for one that is not there */
export function subjectHandler(method: 'tools/call' | 'prompts/get', name: string): SubjectHandler {
  const handle = method === 'tools/call' ? SUBJECT_TOOLS.get(name)?.handle : PROMPTS[name]?.handle;
  if (handle === undefined) throw new SubjectError(-32_602, `Unknown: ${name}`);
  return handle;
}

/** A resource's contents. @throws SubjectError for one that is not there */
export function subjectContents(uri: string): JsonObject {
  const listed = RESOURCES[uri];
  if (listed !== undefined) return { contents: [{ uri, ...listed }] };
  const id = TEMPLATE.exec(uri)?.[1];
  if (id === undefined) throw new SubjectError(-32_602, 'Resource not found', { uri });
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { contents: [{ uri, mimeType: 'application/json', text }] };
}
