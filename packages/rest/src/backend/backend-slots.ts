import type { Segment } from '../template/text-template.ts';
import type { UrlTemplate } from '../template/url-template.ts';
import { slotsOf, type ValueTemplate } from '../template/value-template.ts';
import type { AuthRule, BodyTemplate, HttpBackend } from './http-backend.ts';

/** What has slots. */
export type Parts = Pick<HttpBackend, 'url' | 'path' | 'query' | 'headers' | 'cookies' | 'body' | 'auth'>;

/** Every slot that a call has to fill. A slot of the path that `path:` maps counts by what it is mapped to. */
export function slotsInBackend({ url, path, query, headers, cookies, body, auth }: Parts): readonly Segment[] {
  const inUrl = [...baseSlots(url), ...url.query.flat(), ...url.path.filter((slot) => !isMapped(slot, path))];
  const named = [...path.values(), ...query, ...headers, ...cookies, ...fieldsOf(body)];
  const values = [
    ...named.map(({ value }) => value),
    ...(body.kind === 'json' || body.kind === 'raw' ? [body.value] : []),
    ...(body.kind === 'multipart' ? body.parts.flatMap(({ filename }) => (filename ? [filename] : [])) : []),
    ...auth.flatMap(credentialsOf),
  ];
  return [...inUrl, ...values.flatMap(slotsOf)];
}

function baseSlots({ base }: UrlTemplate): readonly Segment[] {
  if (base.kind === 'origin') return base.segments;
  return base.kind === 'config' ? [base] : [];
}

function isMapped(slot: Segment, path: HttpBackend['path']): boolean {
  return slot.kind === 'argument' && path.has(slot.name);
}

function fieldsOf(body: BodyTemplate): Parts['headers'] {
  if (body.kind === 'form') return body.fields;
  return body.kind === 'multipart' ? body.parts : [];
}

function credentialsOf(rule: AuthRule): readonly ValueTemplate[] {
  switch (rule.kind) {
    case 'connection':
      return [];
    case 'bearer':
      return rule.token ? [rule.token] : [];
    case 'basic':
      return [rule.username, rule.password].filter((template) => template !== undefined);
    case 'api_key':
      return rule.value ? [rule.value] : [];
  }
}

/** The host of a URL that names it without any slot. */
export function literalHost({ base }: UrlTemplate): string | undefined {
  if (base.kind !== 'origin' || base.segments.some(({ kind }) => kind !== 'literal')) return undefined;
  return URL.parse(base.segments.map((segment) => (segment.kind === 'literal' ? segment.text : '')).join(''))?.host;
}
