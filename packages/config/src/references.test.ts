// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { describe, expect, test } from 'vitest';
import { type RequestParts, requestOf, traceOf } from './requests.test.support.ts';
import { resolveConfig } from './resolve-config.ts';
import type { ConfigProblem } from './types.ts';

const properties = { key: { type: 'string' } };
const variables = { HOST_A: 'a.example', TOKEN_A: 'tok', EMPTY: '' };

function systemValue(text: string, parts: RequestParts = {}): unknown {
  const resolution = resolveConfig(requestOf({ properties, variables, system: { key: text }, ...parts }));
  return resolution.problems[0]?.code ?? resolution.values.key;
}

function problemOf(parts: RequestParts): ConfigProblem | undefined {
  return resolveConfig(requestOf({ properties, variables, ...parts })).problems[0];
}

describe('forms', () => {
  test.each([
    ['env:HOST_A', 'a.example'],
    ['${HOST_A}', 'a.example'],
    ['https://${HOST_A}:${PORT_A:-443}/x', 'https://a.example:443/x'],
    ['${MISSING:default}', 'default'],
    ['${MISSING:-default}', 'default'],
    ['${EMPTY:-default}', 'default'],
    ['${HOST_A:-default}', 'a.example'],
    ['${A:-${B:-x}}', 'x'],
    ['${A:-${HOST_A:-x}}', 'a.example'],
    ['${config.base_url}', '${config.base_url}'],
    ['file:/run/secrets/x', 'from file'],
    ['see file:/run/secrets/x', 'see file:/run/secrets/x'],
  ])('%s becomes %s', (text, value) => {
    expect(systemValue(text, { files: { '/run/secrets/x': 'from file\r\n\n' } })).toBe(value);
  });

  test('what a reference gives is not looked into again', () => {
    expect(systemValue('env:OUTER', { variables: { OUTER: '${TOKEN_A}', TOKEN_A: 'tok' } })).toBe('${TOKEN_A}');
    expect(systemValue('${MISSING:-env:TOKEN_A}')).toBe('env:TOKEN_A');
  });

  test('a variable of the environment layer is no text with references', () => {
    const own = { key: { type: 'string', 'x-env': 'OUTER' } };
    const resolution = resolveConfig(
      requestOf({ properties: own, variables: { OUTER: '${TOKEN_A}', TOKEN_A: 'tok' } }),
    );
    expect(resolution.values.key).toBe('${TOKEN_A}');
  });

  test('a reference with an empty fallback counts as not set, and the next layer speaks', () => {
    const parts = { properties, system: { key: '${MISSING:-}' }, connection: { key: 'from connection' } };
    expect(resolveConfig(requestOf(parts)).values.key).toBe('from connection');
  });

  test('references inside objects and arrays are resolved where they stand', () => {
    const system = { key: { list: ['env:HOST_A', { deep: '${TOKEN_A}!' }, ''], more: 'env:TOKEN_A' } };
    const resolution = resolveConfig(requestOf({ properties: { key: {} }, variables, system }));
    expect(resolution.values.key).toEqual({ list: ['a.example', { deep: 'tok!' }, ''], more: 'tok' });
  });

  test('only what wins is ever read', () => {
    const read: string[] = [];
    const request = requestOf({ properties, system: { key: 'x' }, connection: { key: 'file:/run/secrets/x' } });
    resolveConfig({ ...request, readFile: (path) => String(read.push(path)) });
    expect(read).toEqual([]);
  });
});

describe('unresolved references', () => {
  test('a variable that is not set is an error that names key and variable, and hides the layers below', () => {
    const resolution = resolveConfig(
      requestOf({ properties, variables, system: { key: 'env:MISSING' }, connection: { key: 'x' } }),
    );
    expect(resolution.values).toEqual({});
    expect(resolution.missing).toEqual([]);
    expect(resolution.problems).toEqual([
      {
        key: 'key',
        code: 'CAPSTAN_UNRESOLVED_REFERENCE',
        message: 'key (system layer, capstan.yaml:1:1): the variable MISSING is not set',
        hint: 'Set MISSING in the environment of the host and start it again, or give a fallback: ${MISSING:-…}.',
      },
    ]);
    expect(traceOf(resolution, 'key')).toMatchObject({
      outcome: 'invalid',
      winner: { shown: 'env:MISSING', reference: 'env:MISSING' },
    });
  });

  test('an empty variable is not set, and several missing ones are named together', () => {
    expect(problemOf({ system: { key: '${EMPTY}-${GONE}' } })?.message).toContain(
      'the variables EMPTY, GONE are not set',
    );
  });

  test('a file that is missing or empty is an error that names it, never what it holds', () => {
    expect(problemOf({ system: { key: 'file:/run/none' } })?.message).toBe(
      'key (system layer, capstan.yaml:1:1): the file /run/none cannot be read (ENOENT)',
    );
    const files = { '/run/empty': '\n' };
    expect(problemOf({ system: { key: 'file:/run/empty' }, files })).toMatchObject({
      code: 'CAPSTAN_UNRESOLVED_REFERENCE',
      message: 'key (system layer, capstan.yaml:1:1): the file /run/empty is empty',
    });
  });

  test('a reference that cannot be understood is an error that does not repeat it', () => {
    const problem = problemOf({ system: { key: 'env:not-a-name' } });
    expect(problem?.code).toBe('CAPSTAN_CONFIG_INVALID');
    expect(JSON.stringify(problem)).not.toContain('not-a-name');
  });
});

describe('who may read', () => {
  test.each([
    'env:CAPSTAN_MASTER_KEY',
    '${PATH}',
    '${MISSING:-${CAPSTAN_MASTER_KEY}}',
    '${HOST_A:-${CAPSTAN_MASTER_KEY}}',
  ])('%s is refused even in the text of an operator, set or not', (text) => {
    const host = { ...variables, CAPSTAN_MASTER_KEY: 'k', PATH: '/bin' };
    expect(systemValue(text, { variables: host })).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
    expect(systemValue(text, { variables })).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
  });

  test('the environment of a process cannot be read as a file either', () => {
    const files = { '/proc/self/environ': 'CAPSTAN_MASTER_KEY=k' };
    expect(systemValue('file:/proc/self/environ', { files })).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
    expect(systemValue('file:/run/../proc/self/environ', { files })).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
  });

  test('a connection with a list may read what the list names, and nothing else', () => {
    const listed = { variables: ['TOKEN_A', 'CAPSTAN_MASTER_KEY'], files: ['/run/secrets/x'] };
    const parts = { connectionReferences: listed, files: { '/run/secrets/x': 'f', '/run/secrets/y': 'f' } };
    const codeOf = (key: string) => problemOf({ ...parts, connection: { key } })?.code;
    expect(codeOf('env:TOKEN_A')).toBeUndefined();
    expect(codeOf('file:/run/secrets/x')).toBeUndefined();
    expect(codeOf('file:/run/secrets/./x')).toBeUndefined();
    expect(codeOf('env:HOST_A')).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
    expect(codeOf('${HOST_A:-x}')).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
    expect(codeOf('env:CAPSTAN_MASTER_KEY')).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
    expect(codeOf('file:/run/secrets/y')).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
    expect(codeOf('file:/run/secrets/x/../y')).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
  });

  test('the refusal does not tell whether the variable is set', () => {
    const listed = { variables: [], files: [] };
    const parts = { connectionReferences: listed, connection: { key: 'env:HOST_A' } };
    expect(problemOf(parts)).toEqual(problemOf({ ...parts, variables: {} }));
  });

  test('the default of a manifest reads only what the operator allowed', () => {
    const fallback = { key: { type: 'string', default: 'https://${HOST_A}' } };
    const allowed = resolveConfig(requestOf({ properties: fallback, variables, allowed: ['HOST_A'] }));
    expect(allowed.values.key).toBe('https://a.example');
    const withheld = resolveConfig(requestOf({ properties: fallback, required: ['key'], variables, allowed: [] }));
    expect(withheld.values).toEqual({});
    expect(withheld.problems).toEqual([]);
    expect(traceOf(withheld, 'key').ignored).toEqual([
      {
        layer: 'default',
        source: { kind: 'variable', name: 'HOST_A' },
        reason: 'the default refers to the variable HOST_A, which is set, but this pack may not read it',
      },
    ]);
    expect(withheld.missing[0]?.places[0]).toBe(
      'The variable HOST_A is set, but this pack may not read it: add "environment: [HOST_A]" under packs.demo in capstan.yaml.',
    );
  });

  test('the default of a manifest falls back where it may not read, and never reads a file', () => {
    const fallback = { key: { type: 'string', default: '${HOST_A:-localhost}' } };
    expect(resolveConfig(requestOf({ properties: fallback, variables, allowed: [] })).values.key).toBe('localhost');
    const file = { key: { type: 'string', default: 'file:/etc/passwd' } };
    const { problems } = resolveConfig(requestOf({ properties: file, files: { '/etc/passwd': 'root' } }));
    expect(problems[0]?.code).toBe('CAPSTAN_REFERENCE_FORBIDDEN');
  });

  test('an unset variable in a default is no default', () => {
    const fallback = { key: { type: 'string', default: 'env:GONE' } };
    const optional = resolveConfig(requestOf({ properties: fallback, allowed: ['GONE'] }));
    expect(optional.problems).toEqual([]);
    expect(traceOf(optional, 'key').outcome).toBe('unset');
    const required = resolveConfig(requestOf({ properties: fallback, required: ['key'], allowed: ['GONE'] }));
    expect(required.missing[0]?.places).toContain(
      'Set the variable GONE in the environment of the host, and start it again.',
    );
  });

  test('a variable that is set but not allowed is ignored with the line to add', () => {
    const own = { key: { type: 'string', 'x-env': 'HOST_A' } };
    const resolution = resolveConfig(requestOf({ properties: own, required: ['key'], variables, allowed: [] }));
    expect(traceOf(resolution, 'key').ignored).toEqual([
      {
        layer: 'environment',
        source: { kind: 'variable', name: 'HOST_A' },
        reason:
          'the variable is set, but this pack may not read it: add "environment: [HOST_A]" under packs.demo in capstan.yaml',
      },
    ]);
    expect(resolution.missing).toEqual([
      {
        key: 'key',
        secret: false,
        places: [
          'The variable HOST_A is set, but this pack may not read it: add "environment: [HOST_A]" under packs.demo in capstan.yaml.',
          'Set packs.demo.config.key in capstan.yaml, or on a running server: capstan config set demo key VALUE.',
          'Set config.key of connection c1 in workspace default.',
        ],
      },
    ]);
  });

  test('a variable of the host is never readable, even if the operator lists it, and is never offered', () => {
    const own = { key: { type: 'string', 'x-env': 'CAPSTAN_MASTER_KEY' } };
    const host = { CAPSTAN_MASTER_KEY: 'k' };
    const resolution = resolveConfig(requestOf({ properties: own, required: ['key'], variables: host }));
    expect(resolution.values).toEqual({});
    expect(traceOf(resolution, 'key').ignored[0]?.reason).toBe(
      'the variable belongs to the host itself and is never readable',
    );
    expect(JSON.stringify(resolution.missing)).not.toContain('CAPSTAN_MASTER_KEY');
  });
});
