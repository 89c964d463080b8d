// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { isSecret } from '@capstan/schema';
import { describe, expect, test } from 'vitest';
import { requestOf, traceOf } from './requests.test.support.ts';
import { resolveConfig } from './resolve-config.ts';

const url = { type: 'string', 'x-env': 'DEMO_URL', default: 'http://default' };

describe('layers', () => {
  const everywhere = {
    properties: { base_url: url },
    system: { base_url: 'http://system' },
    connection: { base_url: 'http://connection' },
    variables: { DEMO_URL: 'http://environment' },
  };

  test('system beats connection, connection beats environment, environment beats default', () => {
    const { system, connection, variables, ...onlyDefault } = everywhere;
    const urlOf = (parts: Parameters<typeof requestOf>[0]) => resolveConfig(requestOf(parts)).values.base_url;
    expect(urlOf(everywhere)).toBe('http://system');
    expect(urlOf({ ...onlyDefault, connection, variables })).toBe('http://connection');
    expect(urlOf({ ...onlyDefault, variables })).toBe('http://environment');
    expect(urlOf(onlyDefault)).toBe('http://default');
    expect(system).toBeDefined();
  });

  test('the trace names the winner and the losers, highest first, each with its source', () => {
    const { winner, overridden, outcome } = traceOf(resolveConfig(requestOf(everywhere)), 'base_url');
    expect(outcome).toBe('set');
    expect(winner).toEqual({
      layer: 'system',
      source: { kind: 'file', path: 'capstan.yaml', line: 1, column: 1 },
      shown: 'http://system',
    });
    expect(overridden).toEqual([
      { layer: 'connection', source: { kind: 'connection', connectionId: 'c1' }, shown: 'http://connection' },
      { layer: 'environment', source: { kind: 'variable', name: 'DEMO_URL' }, shown: 'http://environment' },
      { layer: 'default', source: { kind: 'schema' }, shown: 'http://default' },
    ]);
  });

  test('an empty string counts as not set in every layer', () => {
    const empty = {
      ...everywhere,
      system: { base_url: '' },
      connection: { base_url: '' },
      variables: { DEMO_URL: '' },
    };
    const resolution = resolveConfig(requestOf({ ...empty, allowed: ['DEMO_URL'] }));
    expect(resolution.values.base_url).toBe('http://default');
    expect(traceOf(resolution, 'base_url').overridden).toEqual([]);
  });

  test('a value that is null is a value, and must fit the schema', () => {
    const resolution = resolveConfig(requestOf({ properties: { base_url: url }, system: { base_url: null } }));
    expect(resolution.problems).toMatchObject([{ key: 'base_url', code: 'CAPSTAN_CONFIG_INVALID' }]);
    expect(resolution.problems[0]?.message).toBe(
      'base_url (system layer, capstan.yaml:1:1): must be string, and is null',
    );
  });

  test('a schema that is no object schema has no keys', () => {
    expect(resolveConfig(requestOf({ schema: true })).trace).toEqual([]);
    expect(resolveConfig(requestOf({ schema: {} })).trace).toEqual([]);
  });
});

describe('objects and arrays', () => {
  const retry = { type: 'object', default: { max: 3, base: { ms: 250 } } };

  test('objects merge by key, all the way down, and each leaf names its layer', () => {
    const resolution = resolveConfig(
      requestOf({
        properties: { retry: { ...retry, 'x-env': 'RETRY' } },
        system: { retry: { max: 9 } },
        connection: { retry: { base: { factor: 2 } } },
        variables: { RETRY: '{"max":5,"jitter":true}' },
      }),
    );
    expect(resolution.values.retry).toEqual({ max: 9, base: { factor: 2, ms: 250 }, jitter: true });
    const { parts, winner } = traceOf(resolution, 'retry');
    expect(winner?.shown).toEqual(resolution.values.retry);
    expect(parts?.map(({ path, entry, overridden }) => [path, entry.layer, ...overridden.map((o) => o.layer)])).toEqual(
      [
        ['/max', 'system', 'environment', 'default'],
        ['/base/factor', 'connection'],
        ['/base/ms', 'default'],
        ['/jitter', 'environment'],
      ],
    );
  });

  test('arrays replace', () => {
    const hosts = { type: 'array', items: { type: 'string' }, default: ['a', 'b'] };
    const resolution = resolveConfig(requestOf({ properties: { hosts }, connection: { hosts: ['c'] } }));
    expect(resolution.values.hosts).toEqual(['c']);
    expect(traceOf(resolution, 'hosts').parts).toBeUndefined();
  });

  test('an object from one layer alone is shown whole', () => {
    const resolution = resolveConfig(requestOf({ properties: { retry } }));
    expect(resolution.values.retry).toEqual({ max: 3, base: { ms: 250 } });
    expect(traceOf(resolution, 'retry').parts).toBeUndefined();
  });

  test('a layer that is no object ends the merging below it', () => {
    const anything = { default: { hidden: 1 }, 'x-env': 'ANY' };
    const resolution = resolveConfig(
      requestOf({ properties: { anything }, system: { anything: { a: 1 } }, variables: { ANY: 'text' } }),
    );
    expect(resolution.values.anything).toEqual({ a: 1 });
    expect(traceOf(resolution, 'anything').overridden.map(({ layer }) => layer)).toEqual(['environment', 'default']);
  });

  test('an object of nothing but empty strings counts as not set, an empty object as set', () => {
    const properties = { retry: { type: 'object' } };
    expect(resolveConfig(requestOf({ properties, system: { retry: { a: '' } } })).values).toEqual({});
    expect(resolveConfig(requestOf({ properties, system: { retry: {} } })).values).toEqual({ retry: {} });
  });

  test('a text reference that holds a JSON object merges like one', () => {
    const parts = {
      properties: { retry },
      connection: { retry: 'env:RETRY_JSON' },
      variables: { RETRY_JSON: '{"max":1}' },
    };
    const resolution = resolveConfig(requestOf({ ...parts, system: { retry: { top: true } } }));
    expect(resolution.values.retry).toEqual({ top: true, max: 1, base: { ms: 250 } });
    expect(traceOf(resolution, 'retry').parts?.[1]?.entry).toMatchObject({
      layer: 'connection',
      reference: 'env:RETRY_JSON',
    });
  });

  test('values nested too deeply are refused, whoever loses or wins', () => {
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 5_000; level += 1) deep = { a: deep };
    const value = deep as { a: string };
    const winning = resolveConfig(requestOf({ properties: { retry }, system: { retry: value } }));
    expect(winning.problems[0]?.message).toContain('is nested deeper than 64');
    const losing = resolveConfig(
      requestOf({ properties: { retry: {} }, system: { retry: 1 }, connection: { retry: [value] } }),
    );
    expect(losing.values.retry).toBe(1);
  });
});

describe('types', () => {
  test('text of the environment is coerced by the type of the schema', () => {
    const properties = {
      on: { type: 'boolean', 'x-env': 'A_ON' },
      count: { type: 'integer', 'x-env': 'A_COUNT' },
      hosts: { type: 'array', items: { type: 'string' }, 'x-env': 'A_HOSTS' },
      extra: { type: 'object', 'x-env': 'A_EXTRA' },
    };
    const variables = { A_ON: 'false', A_COUNT: '0', A_HOSTS: 'a,b', A_EXTRA: '{"a":1}' };
    expect(resolveConfig(requestOf({ properties, variables })).values).toEqual({
      on: false,
      count: 0,
      hosts: ['a', 'b'],
      extra: { a: 1 },
    });
  });

  test('what cannot be coerced is a problem that names variable and expected type, and hides the default', () => {
    const properties = { count: { type: 'integer', 'x-env': 'A_COUNT', default: 3 } };
    const resolution = resolveConfig(requestOf({ properties, variables: { A_COUNT: 'many' } }));
    expect(resolution.values).toEqual({});
    expect(resolution.problems).toEqual([
      {
        key: 'count',
        code: 'CAPSTAN_CONFIG_INVALID',
        message: 'count (environment layer, variable A_COUNT): its text is not an integer',
        hint: 'Set it to an integer, or take it away.',
      },
    ]);
    expect(traceOf(resolution, 'count')).toMatchObject({ outcome: 'invalid', winner: { shown: 'many' } });
  });

  test('a layer that lost may hold anything', () => {
    const properties = { count: { type: 'integer', 'x-env': 'A_COUNT' } };
    const parts = {
      properties,
      system: { count: 1 },
      connection: { count: 'env:NOT_THERE' },
      variables: { A_COUNT: 'x' },
    };
    const resolution = resolveConfig(requestOf(parts));
    expect(resolution.values.count).toBe(1);
    expect(resolution.problems).toEqual([]);
    expect(traceOf(resolution, 'count').overridden.map(({ shown }) => shown)).toEqual(['env:NOT_THERE', 'x']);
  });

  test('other layers are not coerced but checked', () => {
    const properties = { count: { type: 'integer' } };
    const resolution = resolveConfig(requestOf({ properties, connection: { count: '8080' } }));
    expect(resolution.problems[0]?.message).toBe(
      'count (connection layer, connection c1): must be integer, and is string',
    );
  });

  test('text behind a reference is coerced: it can be nothing but text', () => {
    const properties = { count: { type: 'integer' }, list: { type: 'array', items: { type: 'integer' } } };
    const system = { count: '${COUNT:-8080}', list: ['env:COUNT', 7] };
    expect(resolveConfig(requestOf({ properties, system, variables: { COUNT: '5' } })).values).toEqual({
      count: 5,
      list: [5, 7],
    });
    const broken = resolveConfig(requestOf({ properties, system: { count: 'env:COUNT' }, variables: { COUNT: 'x' } }));
    expect(broken.problems[0]?.message).toBe(
      'count (system layer, capstan.yaml:1:1): the text behind env:COUNT is not an integer',
    );
  });

  test('keywords beyond the type are checked, and the layer that gave the wrong leaf is named', () => {
    const properties = {
      mode: { enum: ['fast', 'slow'] },
      retry: { type: 'object', properties: { max: { type: 'integer', maximum: 10 } }, default: { max: 3 } },
    };
    const system = { mode: 'fst', retry: { other: 1 } };
    const resolution = resolveConfig(requestOf({ properties, system, connection: { retry: { max: 99 } } }));
    expect(resolution.problems.map(({ message, hint }) => [message, hint])).toEqual([
      ['mode (system layer, capstan.yaml:1:1): is none of "fast", "slow"', "did you mean 'fast'?"],
      ['retry.max (connection layer, connection c1): must be <= 10', 'Correct the value there.'],
    ]);
  });

  test('keywords over several keys are checked once every key is right', () => {
    const schema = {
      type: 'object',
      properties: { user: { type: 'string' }, password: { type: 'string', 'x-secret': true } },
      dependentRequired: { user: ['password'] },
    };
    const { problems } = resolveConfig(requestOf({ schema, system: { user: 'u' } }));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.code).toBe('CAPSTAN_CONFIG_INVALID');
    expect(problems[0]?.message).toContain('password');
    expect(resolveConfig(requestOf({ schema, system: { user: 'u', password: 'p' } })).problems).toEqual([]);
  });

  test('local references of the schema are followed, for types and for secrets', () => {
    const schema = {
      type: 'object',
      $defs: { token: { type: 'string', 'x-secret': true, minLength: 3 }, port: { type: 'integer', maximum: 9 } },
      properties: { token: { $ref: '#/$defs/token' }, port: { $ref: '#/$defs/port', 'x-env': 'A_PORT' } },
    };
    const good = resolveConfig(requestOf({ schema, system: { token: 'abcdef' }, variables: { A_PORT: '8' } }));
    expect(good.values.port).toBe(8);
    expect(isSecret(good.values.token)).toBe(true);
    const bad = resolveConfig(requestOf({ schema, system: { token: 'ab' }, variables: { A_PORT: '80' } }));
    expect(bad.problems.map(({ key }) => key)).toEqual(['token', 'port']);
  });

  test('a schema that cannot be used is a problem, not a crash', () => {
    const properties = { mode: { type: 'string', pattern: '(?<=a)b' } };
    const { problems } = resolveConfig(requestOf({ properties, system: { mode: 'x' } }));
    expect(problems[0]?.message).toContain('the config schema of the pack cannot be used');
  });
});

describe('unknown keys', () => {
  test('they warn with a suggestion, have no effect, and stop nothing', () => {
    const parts = { properties: { base_url: url }, system: { base_ulr: 'x' }, connection: { provider: 'y' } };
    const { warnings, problems, values } = resolveConfig(requestOf(parts));
    expect(problems).toEqual([]);
    expect(values).toEqual({ base_url: 'http://default' });
    expect(warnings.map(({ message, hint }) => [message, hint])).toEqual([
      [
        'base_ulr (system layer, capstan.yaml:1:1): the pack does not know this key, so it has no effect',
        'Did you mean "base_url"?',
      ],
      [
        'provider (connection layer, connection c1): the pack does not know this key, so it has no effect',
        'This pack knows: base_url.',
      ],
    ]);
  });

  test('a schema that welcomes other keys gets them, checked', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: { type: 'integer' } };
    const resolution = resolveConfig(requestOf({ schema, system: { a: 1 }, connection: { a: 2, b: 'x' } }));
    expect(resolution.values).toEqual({ a: 1 });
    expect(resolution.problems.map(({ key }) => key)).toEqual(['b']);
    expect(resolution.warnings).toEqual([]);
  });
});

describe('scope', () => {
  const system = { type: 'string', 'x-scope': 'system' };
  const connection = { type: 'string', 'x-scope': 'connection' };

  test('a value outside the scope of its key is ignored with the reason', () => {
    const parts = { properties: { plan: system, channel: connection }, required: ['plan', 'channel'] };
    const resolution = resolveConfig(requestOf({ ...parts, system: { channel: 'C1' }, connection: { plan: 'gold' } }));
    expect(resolution.values).toEqual({});
    expect(traceOf(resolution, 'plan').ignored).toEqual([
      {
        layer: 'connection',
        source: { kind: 'connection', connectionId: 'c1' },
        reason: 'only the platform team may set this key (x-scope: system)',
      },
    ]);
    expect(traceOf(resolution, 'channel').ignored[0]?.reason).toContain('x-scope: connection');
    expect(resolution.missing.map(({ places }) => places)).toEqual([
      ['Set packs.demo.config.plan in capstan.yaml, or on a running server: capstan config set demo plan VALUE.'],
      ['Set config.channel of connection c1 in workspace default.'],
    ]);
  });
});

describe('prototype keys', () => {
  const hostile = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');

  test('they are data inside an object', () => {
    const properties = { bag: { type: 'object', 'x-env': 'BAG', default: { a: 1 } } };
    const parts = { properties, system: { bag: hostile }, variables: { BAG: '{"__proto__":{"more":1}}' } };
    const { values } = resolveConfig(requestOf(parts));
    expect(Object.keys(values.bag ?? {})).toEqual(['__proto__', 'constructor', 'a']);
    expect(JSON.stringify(values.bag)).toBe(
      '{"__proto__":{"polluted":true,"more":1},"constructor":{"prototype":{"polluted":true}},"a":1}',
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('they are keys and variables like others at the top', () => {
    const schema = JSON.parse('{"properties":{"__proto__":{"type":"string","x-env":"__proto__"},"constructor":{}}}');
    const resolution = resolveConfig(requestOf({ schema, system: JSON.parse('{"__proto__":"x","toString":"y"}') }));
    expect(Object.entries(resolution.values)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(resolution.values)).toBe(Object.prototype);
    expect(resolution.warnings.map(({ key }) => key)).toEqual(['toString']);
    expect(traceOf(resolveConfig(requestOf({ schema })), '__proto__').outcome).toBe('unset');
  });
});
