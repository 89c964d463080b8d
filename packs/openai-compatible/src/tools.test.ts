import { fileURLToPath } from 'node:url';
import type { InvocationOutcome, JsonObject, ToolProgress } from '@capstan/sdk';
import { createTestHost, testPack } from '@capstan/testing';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MODEL_SERVICE_KEY, type ModelService, modelService } from './model-service.test.support.ts';

const PACK = fileURLToPath(new URL('..', import.meta.url));

type Call = (
  tool: string,
  args: JsonObject,
  more?: {
    readonly onProgress?: (step: ToolProgress) => void;
    readonly signal?: AbortSignal;
    readonly deadline?: number;
  },
) => Promise<InvocationOutcome>;

async function packOn(config: JsonObject): Promise<Call> {
  const host = await createTestHost({ packs: { openai_compatible: PACK }, config: { openai_compatible: config } });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return (tool, args, more) => host.invoke({ tool, arguments: args, ...more });
}

async function packAndService(): Promise<{ readonly call: Call; readonly service: ModelService }> {
  const service = await modelService();
  return { service, call: await packOn({ base_url: service.url, api_token: MODEL_SERVICE_KEY }) };
}

const ask = (content: string): JsonObject => ({ messages: [{ role: 'user', content }] });

describe('openai_completion', () => {
  test('answers a prompt with the defaults of the tool that it stands for', async () => {
    const { call, service } = await packAndService();
    expect(await call('openai_completion', { prompt: 'hi' })).toMatchObject({
      status: 'succeeded',
      result: { value: { completion: 'echo: hi', model: 'gpt-3.5-turbo', usage: { total_tokens: 5 } } },
    });
    expect(service.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      body: { model: 'gpt-3.5-turbo', max_tokens: 100, temperature: 0.7, messages: [{ role: 'user', content: 'hi' }] },
    });
  });
});

describe('chat_completion', () => {
  test('sends what it was given, and the default model where none was named', async () => {
    const { call, service } = await packAndService();
    const args = { ...ask('hi'), seed: 7, response_format: { type: 'json_object' } };
    expect(await call('chat_completion', args)).toMatchObject({ result: { value: { finish_reason: 'stop' } } });
    expect(service.requests[0]?.body).toEqual({ ...args, model: 'gpt-4o-mini' });
  });

  test('streams where somebody watches: the same answer, and the text as it grows', async () => {
    const { call, service } = await packAndService();
    const steps: ToolProgress[] = [];
    const watched = await call('chat_completion', ask('hi'), { onProgress: (step) => steps.push(step) });
    const plain = await call('chat_completion', ask('hi'));
    expect(watched.status === 'succeeded' && watched.result).toEqual(plain.status === 'succeeded' && plain.result);
    expect(service.requests.map(({ body }) => body.stream)).toEqual([true, undefined]);
    expect(steps[0]).toEqual({ progress: 2, message: 'ec' });
  });

  test('puts the functions together that the model asks for', async () => {
    const { call } = await packAndService();
    expect(await call('chat_completion', ask('please call'), { onProgress: () => {} })).toMatchObject({
      result: {
        value: {
          completion: null,
          finish_reason: 'tool_calls',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
        },
      },
    });
  });

  test('a stream that is cut short is an error, not half an answer', async () => {
    const { call } = await packAndService();
    expect(await call('chat_completion', ask('please cut'), { onProgress: () => {} })).toMatchObject({
      status: 'failed',
      error: { code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' },
    });
  });

  test.each([
    ['please refuse', 'CAPSTAN_REMOTE_REFUSED', 'the prompt is not allowed', { remote_code: 'content_filter' }],
    ['please unknown', 'CAPSTAN_REMOTE_REFUSED', 'no such model', { remote_status: 404 }],
    ['please break', 'CAPSTAN_REMOTE_UNAVAILABLE', 'the model does not load', { remote_status: 500 }],
    ['please limit', 'CAPSTAN_REMOTE_RATE_LIMITED', 'too many requests', { retry_after_ms: 1000 }],
  ])('%s: %s', async (prompt, code, message, details) => {
    const { call } = await packAndService();
    expect(await call('chat_completion', ask(prompt))).toMatchObject({
      status: 'failed',
      error: { code, message, details },
    });
  });

  test('a cancelled call ends at once, and its request is dropped', async () => {
    const { call } = await packAndService();
    const cancelling = new AbortController();
    setTimeout(() => cancelling.abort(), 30);
    expect(await call('chat_completion', ask('please wait'), { signal: cancelling.signal })).toMatchObject({
      error: { code: 'CAPSTAN_CANCELLED' },
    });
  });
});

describe('batch_completion', () => {
  test('answers each item under its id, a few at a time, and one that fails does not stop the rest', async () => {
    const { call, service } = await packAndService();
    const items = [{ prompt: 'a' }, { id: 'bad', prompt: 'please refuse' }, ...'cdefgh'].map((item) =>
      typeof item === 'string' ? { prompt: item } : item,
    );
    const steps: ToolProgress[] = [];
    const outcome = await call(
      'batch_completion',
      { items, concurrency: 3, system: 'be brief' },
      { onProgress: (step) => steps.push(step) },
    );
    expect(outcome).toMatchObject({
      status: 'succeeded',
      result: { value: { succeeded: 7, failed: 1, remaining: [], usage: { total_tokens: 35 } } },
    });
    const results = outcome.status === 'succeeded' && JSON.parse(JSON.stringify(outcome.result.value)).results;
    expect(results.map(({ id }: { id: string }) => id)).toEqual(['0', 'bad', '2', '3', '4', '5', '6', '7']);
    expect(results[1]).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_REMOTE_REFUSED', retriable: false } });
    expect(results[2]).toEqual({ id: '2', status: 'succeeded', completion: 'echo: c', finish_reason: 'stop' });
    expect(service.atOnce()).toBe(3);
    expect(service.requests[0]?.body.messages).toEqual([
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'a' },
    ]);
    expect(steps.at(-1)).toEqual({ progress: 8, total: 8, message: '8 of 8' });
  });

  test('answers with what is done when the time is nearly over; the rest goes into the next call', async () => {
    const { call } = await packAndService();
    const items = [
      { id: 'one', prompt: 'a' },
      { id: 'two', prompt: 'please wait' },
      { id: 'three', prompt: 'b' },
    ];
    const first = await call('batch_completion', { items, concurrency: 1 }, { deadline: Date.now() + 5_300 });
    expect(first).toMatchObject({ result: { value: { succeeded: 1, failed: 0, remaining: ['two', 'three'] } } });
    const rest = items.filter(({ id }) => id === 'three');
    expect(await call('batch_completion', { items: rest })).toMatchObject({ result: { value: { succeeded: 1 } } });
  });

  test('a refused key is not tried for every prompt', async () => {
    const service = await modelService();
    const call = await packOn({ base_url: service.url, api_token: 'sk-wrong-key' });
    const items = Array.from({ length: 20 }, (_, index) => ({ prompt: `p${index}` }));
    const outcome = await call('batch_completion', { items, concurrency: 2 });
    expect(outcome).toMatchObject({ status: 'succeeded', result: { value: { succeeded: 0 } } });
    expect(service.requests.length).toBeLessThanOrEqual(3);
  });

  test('two items of one id are refused before anything is sent', async () => {
    const { call, service } = await packAndService();
    const items = [
      { id: 'a', prompt: 'x' },
      { id: 'a', prompt: 'y' },
    ];
    expect(await call('batch_completion', { items })).toMatchObject({ error: { code: 'CAPSTAN_INVALID_ARGUMENTS' } });
    expect(service.requests).toEqual([]);
  });
});

test('create_embeddings gives one vector a text, in their order', async () => {
  const { call } = await packAndService();
  expect(await call('create_embeddings', { input: ['a', 'bbb'] })).toMatchObject({
    result: {
      value: {
        embeddings: [
          [1, 0],
          [3, 1],
        ],
        model: 'text-embedding-3-small',
        usage: { total_tokens: 4 },
      },
    },
  });
});

test('list_models lists and searches', async () => {
  const { call } = await packAndService();
  expect(await call('list_models', {})).toMatchObject({
    result: { value: { count: 2, models: [{ id: 'tiny-1' }, { id: 'tiny-2', owned_by: 'us' }] } },
  });
  expect(await call('list_models', { search: 'TINY-2' })).toMatchObject({ result: { value: { count: 1 } } });
});

describe('the key', () => {
  test('is wanted by OpenAI itself, and the error says where it is set', async () => {
    const call = await packOn({});
    expect(await call('list_models', {})).toMatchObject({
      status: 'failed',
      error: { code: 'CAPSTAN_NEEDS_CONFIG', hint: expect.stringContaining('OPENAI_API_KEY') },
    });
  });

  test('never goes to the weather service, whose URL stands in configs that go round', async () => {
    const call = await packOn({ base_url: 'https://api.openweathermap.org/v1', api_token: MODEL_SERVICE_KEY });
    const outcome = await call('openai_completion', { prompt: 'hi' });
    expect(outcome).toMatchObject({
      error: { code: 'CAPSTAN_CONFIG_INVALID', hint: expect.stringContaining('base_url') },
    });
    expect(JSON.stringify(outcome)).not.toContain(MODEL_SERVICE_KEY);
  });

  test('that is wrong is an error for an operator', async () => {
    const service = await modelService();
    const call = await packOn({ base_url: service.url, api_token: 'sk-wrong-key' });
    expect(await call('list_models', {})).toMatchObject({
      error: { code: 'CAPSTAN_REMOTE_AUTH', details: { remote_code: 'invalid_api_key' } },
    });
  });
});

test("the vendor's own client works against the service of these tests, so the service speaks the API", async () => {
  const service = await modelService();
  const client = new OpenAI({ apiKey: MODEL_SERVICE_KEY, baseURL: service.url, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'hi' }];
  const whole = await client.chat.completions.create({ model: 'tiny-1', messages });
  expect(whole.choices[0]?.message.content).toBe('echo: hi');
  const stream = await client.chat.completions.create({ model: 'tiny-1', messages, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe('echo: hi');
  expect((await client.embeddings.create({ model: 'e', input: ['a'], encoding_format: 'float' })).data).toHaveLength(1);
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['tiny-2', 'tiny-1']);
  await expect(
    client.chat.completions.create({ model: 'tiny-1', messages: [{ role: 'user', content: 'please limit' }] }),
  ).rejects.toMatchObject({ status: 429 });
});

test('every example of the manifest works', async () => {
  const service = await modelService();
  const { results } = await testPack(PACK, { config: { base_url: service.url, api_token: MODEL_SERVICE_KEY } });
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
});
