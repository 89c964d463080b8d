import type { ProblemList } from './backend-problem.ts';
import type { BodyTemplate } from './http-backend.ts';
import type { BodySpec } from './http-backend-spec.ts';
import { readParts, readQueryParameters } from './parse-parameters.ts';

const KINDS = ['json', 'form', 'multipart', 'raw'] as const;

/** `body:` */
export function readBody(spec: BodySpec | undefined, problems: ProblemList): BodyTemplate {
  if (spec === undefined) return { kind: 'none' };
  const kinds = KINDS.filter((kind) => spec[kind] !== undefined);
  if (kinds.length !== 1) {
    const message = kinds.length === 0 ? 'the body is of no kind' : `the body is of several kinds: ${kinds.join(', ')}`;
    problems.add(['body'], message, `Name one of ${KINDS.join(', ')}.`);
    return { kind: 'none' };
  }
  checkOptions(spec, problems);
  return readOfKind(spec, problems);
}

function readOfKind(spec: BodySpec, problems: ProblemList): BodyTemplate {
  const optional = spec.optional ?? false;
  if (spec.form) return { kind: 'form', fields: readQueryParameters(spec.form, ['body', 'form'], problems), optional };
  if (spec.multipart) {
    return { kind: 'multipart', parts: readParts(spec.multipart, ['body', 'multipart'], problems), optional };
  }
  if (spec.raw !== undefined) {
    return {
      kind: 'raw',
      value: problems.value(['body', 'raw'], spec.raw),
      contentType: spec.content_type ?? (spec.encoding === 'base64' ? 'application/octet-stream' : 'text/plain'),
      encoding: spec.encoding ?? 'utf8',
    };
  }
  return {
    kind: 'json',
    value: problems.value(['body', 'json'], spec.json ?? null),
    contentType: spec.content_type ?? 'application/json',
    optional,
  };
}

function checkOptions(spec: BodySpec, problems: ProblemList): void {
  if (spec.content_type !== undefined && (spec.form || spec.multipart)) {
    problems.add(['body', 'content_type'], 'a form has its own content type', 'Leave content_type out.');
  }
  if (spec.encoding !== undefined && spec.raw === undefined) {
    problems.add(['body', 'encoding'], 'only a raw body has an encoding', 'Leave encoding out.');
  }
}
