import { CapstanError, type InvocationResult } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { toCallToolResult } from './call-result.ts';

test('an object goes out as structured content and as the same JSON in text', () => {
  expect(succeeded({ value: { a: [1] } })).toEqual({
    content: [{ type: 'text', text: '{"a":[1]}' }],
    structuredContent: { a: [1] },
  });
});

test('a bare string is text, and structured only where an output schema promises it', () => {
  expect(succeeded({ value: 'hi' })).toEqual({ content: [{ type: 'text', text: 'hi' }] });
  expect(succeeded({ value: 'hi' }, true)).toEqual({
    content: [{ type: 'text', text: '"hi"' }],
    structuredContent: 'hi',
  });
});

test('null is text alone, and structured where an output schema allows it', () => {
  expect(succeeded({ value: null })).toEqual({ content: [{ type: 'text', text: 'null' }] });
  expect(succeeded({ value: null }, true)).toHaveProperty('structuredContent', null);
});

test('content and meta of a tool go out as they are', () => {
  const content = [{ type: 'hologram', depth: 3 }];
  const result = succeeded({ value: null, content, meta: { 'x/y': 1 } });
  expect(result.content).toBe(content);
  expect(result).toEqual({ content, _meta: { 'x/y': 1 } });
  expect(succeeded({ value: { n: 1 }, content })).toEqual({ content, structuredContent: { n: 1 } });
});

test('a failed call is an error that names the code, every problem, the hint and the execution', () => {
  const error = new CapstanError('CAPSTAN_INVALID_ARGUMENTS', '2 arguments do not fit', {
    details: {
      problems: [
        { pointer: '/to', keyword: 'type', message: 'must be a string' },
        { pointer: '', keyword: 'required', message: "needs 'messages'", hint: "did you mean 'messages'?" },
      ],
      tool: 'line.send_message',
    },
  });
  const result = toCallToolResult({ status: 'failed', executionId: 'exe_1', error }, true);
  expect(result.isError).toBe(true);
  expect(result).not.toHaveProperty('structuredContent');
  expect(result.content).toEqual([
    {
      type: 'text',
      text: [
        'CAPSTAN_INVALID_ARGUMENTS: 2 arguments do not fit',
        '- /to: must be a string',
        "- needs 'messages' (did you mean 'messages'?)",
        'details: {"tool":"line.send_message"}',
        'hint: Correct the arguments listed above; the tool description has the schema.',
        'execution: exe_1',
      ].join('\n'),
    },
  ]);
  expect(result._meta).toMatchObject({
    'capstan/outcome': { status: 'failed', error: { code: 'CAPSTAN_INVALID_ARGUMENTS' } },
  });
});

test('the cause of an error stays inside', () => {
  const error = new CapstanError('CAPSTAN_TOOL_FAILED', 'it broke', { cause: new Error('hunter2') });
  expect(JSON.stringify(toCallToolResult({ status: 'failed', executionId: 'exe_1', error }, false))).not.toContain(
    'hunter2',
  );
});

test('a call that waits for approval says so, as an error that no client takes for the result', () => {
  const result = toCallToolResult({ status: 'pending', executionId: 'exe_1', approval: { id: 'apr_7' } }, true);
  expect(result.isError).toBe(true);
  expect(JSON.stringify(result.content)).toContain('has not run yet');
  expect(JSON.stringify(result.content)).toContain('apr_7');
});

function succeeded(result: InvocationResult, hasOutputSchema = false) {
  return toCallToolResult({ status: 'succeeded', executionId: 'exe_1', result }, hasOutputSchema);
}
