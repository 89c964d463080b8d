import { Buffer } from 'node:buffer';
import type { Diagnostic, SourcePosition } from '@capstan/schema';
import {
  type DetailedError,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyPlace } from '../policy.ts';
import { type PolicyUse, policyUse } from './argument-use.ts';
import { schemaFor } from './schema.ts';

/** One `.cedar` file. */
export interface PolicySource {
  /** As it is named in diagnostics. */
  readonly path: string;
  readonly text: string;
  /** Absent: it holds in all workspaces. */
  readonly workspace?: string;
}

/** A policy that was parsed and holds against the schema. */
export interface CheckedPolicy {
  readonly id: string;
  readonly text: string;
  readonly workspace: string | undefined;
  readonly place: PolicyPlace;
  readonly isForbid: boolean;
  /** `@approval("required")` on a permit. */
  readonly needsApproval: boolean;
  /** `@reason("…")`, for whoever is denied. */
  readonly reason: string | undefined;
  readonly use: PolicyUse;
}

/** What a file holds, or all that is wrong with it. */
export interface PolicyReading {
  readonly policies: readonly CheckedPolicy[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a file and holds each of its policies against the schema. */
export function readPolicies(source: PolicySource): PolicyReading {
  const parts = policySetTextToParts(source.text);
  if (parts.type === 'failure') {
    return { policies: [], diagnostics: parts.errors.map((error) => diagnosticOf(source, error, 0)) };
  }
  const { policies: texts, policy_templates: templates } = parts;
  const readings = placed(source.text, texts).map(({ text, at }, index) => readPolicy(source, text, at, index));
  return {
    policies: readings.flatMap(({ policy }) => policy ?? []),
    diagnostics: [
      ...placed(source.text, templates).map(({ at }) =>
        problem(source, at, 'templates (?principal, ?resource) have no links here'),
      ),
      ...readings.flatMap(({ diagnostics }) => diagnostics),
    ],
  };
}

interface PlacedText {
  readonly text: string;
  /** Byte offset in the file. */
  readonly at: number;
}

/** Cedar gives the texts without their places, and not in their order. */
function placed(whole: string, texts: readonly string[]): readonly PlacedText[] {
  const next = new Map<string, number>();
  return texts
    .map((text) => {
      const index = whole.indexOf(text, next.get(text) ?? 0);
      next.set(text, index + text.length);
      return { text, at: Buffer.byteLength(whole.slice(0, Math.max(0, index))) };
    })
    .sort((one, other) => one.at - other.at);
}

function readPolicy(
  source: PolicySource,
  text: string,
  at: number,
  index: number,
): { readonly policy?: CheckedPolicy; readonly diagnostics: readonly Diagnostic[] } {
  const json = policyToJson(text);
  if (json.type === 'failure') return { diagnostics: json.errors.map((error) => diagnosticOf(source, error, at)) };
  const use = policyUse(json.json);
  const diagnostics = [...annotationProblems(source, json.json, at), ...schemaProblems(source, { text, at, use })];
  return { policy: checkedPolicy(source, { json: json.json, text, at, index, use }), diagnostics };
}

function checkedPolicy(
  source: PolicySource,
  part: {
    readonly json: PolicyJson;
    readonly text: string;
    readonly at: number;
    readonly index: number;
    readonly use: PolicyUse;
  },
): CheckedPolicy {
  const annotations = part.json.annotations ?? {};
  const id = annotations.id ?? `${source.path}#${part.index + 1}`;
  const { path, line, column } = positionOf(source, part.at);
  return {
    id,
    text: part.text,
    workspace: source.workspace,
    place: { id, path, line, column },
    isForbid: part.json.effect === 'forbid',
    needsApproval: annotations.approval === 'required',
    reason: annotations.reason,
    use: part.use,
  };
}

function schemaProblems(
  source: PolicySource,
  { text, at, use }: { readonly text: string; readonly at: number; readonly use: PolicyUse },
): readonly Diagnostic[] {
  const answer = validate({ schema: schemaFor(use.arguments), policies: { staticPolicies: { policy: text } } });
  if (answer.type === 'failure') return answer.errors.map((error) => diagnosticOf(source, error, at));
  return answer.validationErrors.map(({ error }) => diagnosticOf(source, error, at));
}

function annotationProblems(
  source: PolicySource,
  { annotations = {}, effect }: PolicyJson,
  at: number,
): readonly Diagnostic[] {
  const { approval } = annotations;
  if (approval === undefined) return [];
  if (approval !== 'required') return [problem(source, at, `@approval can only be "required", not "${approval}"`)];
  return effect === 'permit' ? [] : [problem(source, at, '@approval stands on a permit; a forbid cannot be approved')];
}

function problem(source: PolicySource, at: number, message: string): Diagnostic {
  return { severity: 'error', code: 'CAPSTAN_POLICY_INVALID', message, position: positionOf(source, at) };
}

function diagnosticOf(source: PolicySource, error: DetailedError, offset: number): Diagnostic {
  const at = offset + (error.sourceLocations?.[0]?.start ?? 0);
  const message = error.message.replace(/^for policy `policy`, /, '');
  return { ...problem(source, at, message), ...(error.help === null ? {} : { hint: error.help }) };
}

/** Line and column of a byte offset, both from 1. */
function positionOf({ path, text }: PolicySource, at: number): SourcePosition {
  const before = Buffer.from(text).subarray(0, at).toString();
  const lines = before.split('\n');
  return { path, line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}
