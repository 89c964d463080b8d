import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isCapstanError, type JsonSchema } from '@capstan/sdk';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { fakeIo } from '../fake-io.test.support.ts';
import { readJsonInput } from './json-input.ts';
import { buildArguments, readWrittenArgument } from './tool-arguments.ts';

const schema: JsonSchema = {
  type: 'object',
  properties: {
    text: { type: 'string' },
    limit: { type: 'integer' },
    ratio: { type: 'number' },
    draft: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    ids: { type: 'array', items: { type: 'integer' } },
    options: { type: 'object' },
    either: { type: ['integer', 'string'] },
    mood: { enum: ['good', 'bad'] },
    nothing: { anyOf: [{ type: 'null' }, { type: 'integer' }] },
    shared: { $ref: '#/$defs/count' },
  },
  $defs: { count: { type: 'integer' } },
};

const read = (...words: string[]): unknown => buildArguments({}, words.map(readWrittenArgument), schema);
const failure = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return isCapstanError(error) ? { code: error.code, ...error.details, message: error.message } : error;
  }
};

test('a value is read by the type that the tool asks for', () => {
  expect(read('text=5', 'limit=5', 'ratio=1.5e3', 'draft=false', 'mood=good', 'shared=7')).toEqual({
    text: '5',
    limit: 5,
    ratio: 1500,
    draft: false,
    mood: 'good',
    shared: 7,
  });
});

test('of several types the first that fits is taken, in the order of the schema', () => {
  expect(read('either=12')).toEqual({ either: 12 });
  expect(read('either=twelve')).toEqual({ either: 'twelve' });
  expect(read('nothing=null')).toEqual({ nothing: null });
});

test('a list is JSON, or items with commas, or the same key again', () => {
  expect(read('tags=a, b', 'ids=[1,2]')).toEqual({ tags: ['a', 'b'], ids: [1, 2] });
  expect(read('ids=1', 'ids=2', 'ids=3,4')).toEqual({ ids: [1, 2, 3, 4] });
  expect(read('tags=')).toEqual({ tags: [] });
});

test('an object is JSON', () => {
  expect(read('options={"a":[1]}')).toEqual({ options: { a: [1] } });
});

test('a value may hold equals signs, and may be empty', () => {
  expect(read('text=a=b', 'unknown=')).toEqual({ text: 'a=b', unknown: '' });
});

test('every value that does not fit is named with its pointer', () => {
  expect(failure(() => read('limit=many', 'draft=perhaps', 'options=[1]', 'text=a', 'text=b'))).toMatchObject({
    code: 'CAPSTAN_INVALID_ARGUMENTS',
    problems: [
      { pointer: '/limit', message: "'many' is not an integer" },
      { pointer: '/draft', message: "'perhaps' is not a boolean" },
      { pointer: '/options', message: "'[1]' is not a JSON object" },
      { pointer: '/text', message: 'given 2 times, and it is no list' },
    ],
  });
});

test('a number that cannot be kept exactly is refused', () => {
  expect(failure(() => read('limit=9007199254740993'))).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS' });
});

test('an argument without a key is refused with the form that is right', () => {
  expect(() => readWrittenArgument('=x')).toThrow("--arg '=x' is not key=value");
  expect(() => readWrittenArgument('to')).toThrow('is not key=value');
});

test('single arguments go over the object of --json', () => {
  expect(buildArguments({ text: 'old', draft: true }, [readWrittenArgument('text=new')], schema)).toEqual({
    text: 'new',
    draft: true,
  });
});

test('a schema that points at itself does not hang', () => {
  const endless: JsonSchema = { $ref: '#', properties: {} };
  expect(buildArguments({}, [readWrittenArgument('a=1')], endless)).toEqual({ a: '1' });
  const ring: JsonSchema = { allOf: [{ $ref: '#' }], type: 'object' };
  expect(buildArguments({}, [readWrittenArgument('a=1')], ring)).toEqual({ a: '1' });
});

test('a key named __proto__ is a key like any other', () => {
  const values = buildArguments({}, [readWrittenArgument('__proto__=x')], true);
  expect(Object.keys(values)).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
});

test('what JSON writes of a value is read back as that value', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.maxSafeInteger().map((value) => ({ type: 'integer', value })),
        fc.boolean().map((value) => ({ type: 'boolean', value })),
        fc
          .double({ noNaN: true, noDefaultInfinity: true, max: 1e15, min: -1e15 })
          .map((value) => ({ type: 'number', value })),
        fc.array(fc.jsonValue()).map((value) => ({ type: 'array', value })),
        fc.dictionary(fc.string(), fc.jsonValue()).map((value) => ({ type: 'object', value })),
      ),
      ({ type, value }) => {
        const text = JSON.stringify(value);
        const args = buildArguments({}, [{ key: 'k', text }], { properties: { k: { type } } });
        expect(args).toEqual({ k: JSON.parse(text) });
      },
    ),
  );
});

test('no text and no schema of any form makes reading throw anything but a typed error', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 6 }), (text, key, value) => {
      const anySchema = (
        typeof value === 'object' && value !== null && !Array.isArray(value) ? value : true
      ) as JsonSchema;
      const outcome = failure(() => buildArguments({}, [{ key, text }], anySchema));
      expect(outcome).not.toBeInstanceOf(Error);
    }),
  );
});

test('--json takes an object, a file or stdin', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'args.json'), '{"a":2}');
  const io = { ...fakeIo({ cwd: folder }).io, stdin: Readable.from(['{"a":', '3}']) };
  expect(await readJsonInput('{"a":1}', io)).toEqual({ a: 1 });
  expect(await readJsonInput('@args.json', io)).toEqual({ a: 2 });
  expect(await readJsonInput('-', io)).toEqual({ a: 3 });
  await expect(readJsonInput('@none.json', io)).rejects.toThrow('cannot read none.json (ENOENT)');
  await expect(readJsonInput('[1]', io)).rejects.toThrow('--json is a list, not a JSON object');
  await expect(readJsonInput('{', io)).rejects.toThrow('--json is not JSON');
});
