import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import type { BodyPart, BodyTemplate } from '../backend/http-backend.ts';
import {
  fillRecord,
  fillValue,
  type Scope,
  slotsOf,
  sourceOf,
  textOf,
  type ValueTemplate,
} from '../template/value-template.ts';
import { bytesOf, writeMultipart } from './write-multipart.ts';
import { joinPairs, PLAIN_WRITING, writeParameter, writeQuery } from './write-query.ts';

/** A body as it goes on the wire. */
export interface WrittenBody {
  readonly body: string | Buffer;
  readonly contentType: string;
}

/** What a body is written from. */
export interface BodyCircumstances {
  readonly scope: Scope;
  /** Arguments that nothing in the backend names, where they belong into the body. */
  readonly others: JsonObject;
  /** Different for every call. */
  readonly seed: string;
}

/** The body of one request, or `undefined` where there is none. */
export function writeBody(template: BodyTemplate, { scope, others, seed }: BodyCircumstances): WrittenBody | undefined {
  switch (template.kind) {
    case 'none':
      return Object.keys(others).length === 0 ? undefined : json(others, 'application/json');
    case 'json': {
      const value =
        template.optional && isUnused(template.value, scope, others)
          ? undefined
          : jsonValue(template.value, scope, others);
      return value === undefined ? undefined : json(value, template.contentType);
    }
    case 'form': {
      const rest = Object.entries(others).flatMap(([name, value]) => writeParameter(name, value, PLAIN_WRITING));
      const pairs = [...writeQuery(template.fields, scope), ...rest];
      if (pairs.length === 0 && template.optional) return undefined;
      return { body: joinPairs(pairs), contentType: 'application/x-www-form-urlencoded' };
    }
    case 'multipart':
      return writeMultipart([...template.parts, ...plainParts(others)], scope, seed);
    case 'raw':
      return raw(template, scope);
  }
}

function json(value: JsonValue, contentType: string): WrittenBody {
  try {
    return { body: JSON.stringify(value), contentType };
  } catch (cause) {
    throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', 'The arguments cannot be written as JSON.', { cause });
  }
}

function jsonValue(template: ValueTemplate, scope: Scope, others: JsonObject): JsonValue | undefined {
  return template.kind === 'record'
    ? { ...others, ...fillRecord(template.members, scope) }
    : fillValue(template, scope);
}

/** Whether none of the arguments that it names is given. */
function isUnused(template: ValueTemplate, scope: Scope, others: JsonObject): boolean {
  if (Object.keys(others).length > 0) return false;
  const named = slotsOf(template).flatMap((slot) => (slot.kind === 'argument' ? [slot.name] : []));
  return named.every((name) => scope.argument(name) === undefined);
}

function plainParts(others: JsonObject): readonly BodyPart[] {
  return Object.entries(others).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const part: BodyPart = {
      name,
      value: { kind: 'constant', value },
      fallback: undefined,
      filename: undefined,
      contentType: undefined,
      encoding: 'utf8',
    };
    return [part];
  });
}

function raw(template: Extract<BodyTemplate, { kind: 'raw' }>, scope: Scope): WrittenBody | undefined {
  const value = fillValue(template.value, scope);
  if (value === undefined || value === null) return undefined;
  const body = template.encoding === 'base64' ? bytesOf(sourceOf(template.value, 'body'), value) : textOf(value);
  return { body, contentType: template.contentType };
}
