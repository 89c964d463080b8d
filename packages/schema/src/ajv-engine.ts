import type { JsonSchema } from '@capstan/sdk';
import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { useBoundedFormats } from './formats.ts';
import { linearPattern } from './linear-pattern.ts';
import { useLinearUniqueItems } from './unique-items.ts';

type Draft = '2020-12' | '2019-09' | 'draft-07';
const DRAFTS: Readonly<Record<Draft, new (options: Options) => Ajv>> = {
  '2020-12': Ajv2020,
  '2019-09': Ajv2019,
  'draft-07': Ajv,
};

// Ajv keeps one pattern for each `toString()`. `code` would name the engine in text that is written to a file; none is.
const regExp = Object.assign((pattern: string) => ({ ...linearPattern(pattern), toString: () => pattern }), {
  code: 'linearPattern',
});

const OPTIONS: Options = { strict: false, logger: false, code: { regExp } };

/** The draft that a schema is written in: `$schema`, or 2020-12. `undefined` for one that is not known here. */
export function draftOf(schema: JsonSchema): Draft | undefined {
  const named = typeof schema === 'boolean' ? undefined : schema.$schema;
  if (named === undefined) return '2020-12';
  if (typeof named !== 'string') return undefined;
  if (/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test(named)) return '2020-12';
  if (/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/.test(named)) return '2019-09';
  return /^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/.test(named) ? 'draft-07' : undefined;
}

/**
 * Compiles a schema that was checked before. Each has an engine of its own (0.05 ms), so that nothing of it
 * outlives it and no `$id` of one pack can meet that of another.
 * @throws Error where Ajv finds something that the check did not.
 */
export function compileWithAjv(schema: JsonSchema, { allErrors }: { readonly allErrors: boolean }): ValidateFunction {
  const Engine = DRAFTS[draftOf(schema) ?? '2020-12'];
  const engine = new Engine({ ...OPTIONS, allErrors, verbose: allErrors, meta: false, validateSchema: false });
  useBoundedFormats(engine);
  useLinearUniqueItems(engine);
  return engine.compile(typeof schema === 'boolean' ? schema : withoutDraft(schema));
}

/** `$schema` was read already, and Ajv would look for the meta-schema that this engine does not carry. */
function withoutDraft({ $schema: _, ...schema }: { readonly [keyword: string]: unknown }): object {
  return schema;
}

const metaValidators = new Map<Draft, ValidateFunction>();

/** The validator of schemas of a draft; made once. */
export function metaValidator(draft: Draft): ValidateFunction {
  const made = metaValidators.get(draft);
  if (made) return made;
  const engine = new DRAFTS[draft]({ ...OPTIONS, allErrors: true, verbose: true });
  // Patterns are checked for the linear-time engine, which accepts more than `new RegExp` in places.
  useBoundedFormats(engine);
  engine.addFormat('regex', true);
  const id = engine.defaultMeta();
  const validator = typeof id === 'string' ? engine.getSchema(id) : undefined;
  if (!validator) throw new Error(`the meta-schema of ${draft} is missing`);
  metaValidators.set(draft, validator);
  return validator;
}
