import { defineTool, type JsonObject, type ToolFactory } from '@capstan/sdk';

/** A file as `capstan serve` takes it. */
export const greetSomebody: ToolFactory = defineTool(
  {
    description: 'Greets somebody by name. Use it to say hello; it sends nothing.',
    inputSchema: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    annotations: { readOnly: true },
  },
  () =>
    ({ name }): JsonObject => ({ text: `Hello ${String(name)}` }),
);

export const greetTwice: ToolFactory = defineTool(({ tools }) => async ({ name }, context) => {
  const first = await tools.call('greet_somebody', { name: name ?? 'you' }, context);
  return [first, first];
});

export const callOut: ToolFactory = defineTool(({ http }) => async () => {
  const { status } = await http.request('https://example.com/');
  return status;
});

/** No tool: it is not served. */
export function helper(): string {
  return 'x';
}
