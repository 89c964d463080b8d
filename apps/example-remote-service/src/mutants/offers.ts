import { allow, changing, hearing, isObject, type Json, type Mutant, withBody } from './edit.ts';

export const OFFER_MUTANTS: readonly Mutant[] = [
  changing('health_as_text', 'CONTRACT-HEALTH-1', (answer, { path }) =>
    path === '/v1/health' ? { ...answer, contentType: 'text/plain', body: 'OK' } : answer,
  ),
  describing('list_of_tools_alone', 'CONTRACT-DISCOVERY-1', ({ tools }) => tools),
  describing('name_twice', 'CONTRACT-DISCOVERY-2', (document) => ({
    ...document,
    tools: [...toolsOf(document), ...toolsOf(document).slice(-1)],
  })),
  describing('schema_is_text', 'CONTRACT-DISCOVERY-3', (document) =>
    withTool(document, 'wp.list_posts', { input_schema: 'none' }),
  ),
  describing('contract_is_text', 'CONTRACT-DISCOVERY-4', (document) => ({ ...document, contract: '1' })),
  describing('tool_not_listed', 'CONTRACT-DISCOVERY-5', (document) => ({
    ...document,
    tools: toolsOf(document).filter(({ name }) => name !== 'line.send_message'),
  })),
  hearing('list_for_everybody', 'CONTRACT-DISCOVERY-6', (request, service) => {
    if (request.path === '/v1/tools') allow(request, service);
  }),
  describing('example_does_not_fit', 'CONTRACT-DISCOVERY-7', (document) =>
    withTool(document, 'wp.list_posts', { examples: [{ limit: 'many' }] }),
  ),
];

/** Changes what `GET /v1/tools` answers. */
function describing(name: string, breaks: string, change: (document: Json) => unknown): Mutant {
  return changing(name, breaks, (answer, { path }) =>
    path === '/v1/tools' && answer.status === 200 ? withBody(answer, change) : answer,
  );
}

function toolsOf({ tools }: Json): readonly Json[] {
  return Array.isArray(tools) ? tools.filter(isObject) : [];
}

function withTool(document: Json, name: string, change: Json): Json {
  return { ...document, tools: toolsOf(document).map((tool) => (tool.name === name ? { ...tool, ...change } : tool)) };
}
