import { slotsOf, type ValueTemplate } from '../template/value-template.ts';
import type { BackendProblem, ProblemList } from './backend-problem.ts';
import type { AuthRule } from './http-backend.ts';
import type { AuthRuleSpec, HttpBackendSpec } from './http-backend-spec.ts';

const FIELDS: Readonly<Record<AuthRuleSpec['type'], readonly string[]>> = {
  api_key: ['type', 'in', 'name', 'prefix', 'value', 'optional'],
  bearer: ['type', 'token', 'optional'],
  basic: ['type', 'username', 'password', 'optional'],
};

/** `auth:` */
export function readAuth(spec: HttpBackendSpec['auth'], problems: ProblemList): readonly AuthRule[] {
  if (spec === undefined || spec === 'connection') return [{ kind: 'connection' }];
  if (spec === 'none') return [];
  if (!isList(spec)) return [readRule(spec, ['auth'], problems)];
  return spec.map((rule, index) => readRule(rule, ['auth', index], problems));
}

function isList(spec: AuthRuleSpec | readonly AuthRuleSpec[]): spec is readonly AuthRuleSpec[] {
  return Array.isArray(spec);
}

function readRule(spec: AuthRuleSpec, path: BackendProblem['path'], problems: ProblemList): AuthRule {
  for (const key of Object.keys(spec)) {
    if (FIELDS[spec.type].includes(key)) continue;
    problems.add(
      [...path, key],
      `"${key}" does not belong to ${spec.type}`,
      `It has: ${FIELDS[spec.type].join(', ')}.`,
    );
  }
  const optional = spec.optional ?? false;
  const credential = (key: 'value' | 'token' | 'username' | 'password'): ValueTemplate | undefined =>
    readCredential(spec[key], [...path, key], problems);
  switch (spec.type) {
    case 'bearer':
      return { kind: 'bearer', token: credential('token'), optional };
    case 'basic':
      return { kind: 'basic', username: credential('username'), password: credential('password'), optional };
    case 'api_key': {
      const place = spec.in ?? 'header';
      if (spec.name === undefined) problems.add(path, `a key in the ${place} needs its name`, 'Add name: X-API-Key.');
      const name = spec.name ?? 'X-API-Key';
      return { kind: 'api_key', place, name, prefix: spec.prefix ?? '', value: credential('value'), optional };
    }
  }
}

function readCredential(
  text: string | undefined,
  path: BackendProblem['path'],
  problems: ProblemList,
): ValueTemplate | undefined {
  if (text === undefined) return undefined;
  const template = problems.value(path, text);
  const slots = slotsOf(template);
  if (slots.some(({ kind }) => kind === 'argument')) {
    problems.add(path, 'a credential may not come from an argument', `Use a secret setting: \${config.key}.`);
  } else if (template.kind !== 'config' && path.at(-1) !== 'username') {
    problems.add(
      path,
      'a credential is one setting and nothing else',
      `Write \${config.key}; put a scheme into prefix.`,
    );
  }
  return template;
}
