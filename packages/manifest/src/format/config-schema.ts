import { count, record, type SchemaObject, text } from './schema-parts.ts';

/** The types that a setting of the list form may have: those of JSON Schema. */
const SETTING_TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;

/** Keys of a setting that stand under another name in JSON Schema. */
export const SETTING_KEYWORDS = {
  env_var: 'x-env',
  secret: 'x-secret',
  scope: 'x-scope',
  order: 'x-order',
  group: 'x-group',
  help_url: 'x-help-url',
  placeholder: 'x-placeholder',
  display_name: 'title',
} as const;

/** Keywords of JSON Schema that a setting may carry; they mean there what they mean here. */
const KEYWORDS: SchemaObject = {
  title: { type: 'string' },
  enum: { type: 'array' },
  const: {},
  examples: { type: 'array' },
  format: { type: 'string' },
  pattern: { type: 'string' },
  minLength: count('', 0),
  maxLength: count('', 0),
  minimum: { type: 'number' },
  maximum: { type: 'number' },
  exclusiveMinimum: { type: 'number' },
  exclusiveMaximum: { type: 'number' },
  multipleOf: { type: 'number', exclusiveMinimum: 0 },
  minItems: count('', 0),
  maxItems: count('', 0),
  uniqueItems: { type: 'boolean' },
  items: { type: ['object', 'boolean'] },
  properties: { type: 'object' },
  additionalProperties: { type: ['object', 'boolean'] },
  deprecated: { type: 'boolean' },
};

const SETTING: SchemaObject = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  patternProperties: { '^x-': {} },
  properties: {
    name: {
      type: 'string',
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      patternErrorMessage: 'must be letters, digits and _, and not start with a digit',
      description: 'The key of the setting; pack code reads it as config.<name>.',
    },
    type: { enum: SETTING_TYPES, default: 'string', description: 'The type of its value.' },
    required: { type: 'boolean', description: 'Whether the pack cannot run without it.' },
    default: { description: 'The value where nobody sets one.' },
    description: text('What it is for, for the person who sets it.'),
    env_var: {
      type: 'string',
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      patternErrorMessage: 'must be the name of an environment variable',
      description: 'The environment variable that may set it, once an operator allows that name.',
    },
    secret: { type: 'boolean', description: 'Masked wherever it would show; pack code can pass it on, not read it.' },
    scope: {
      enum: ['system', 'connection', 'both'],
      description: 'Who sets it: the platform team, a workspace, or both.',
    },
    order: { type: 'number', description: 'Its place in the form.' },
    group: text('The heading under which the form shows it.'),
    help_url: text('Where a person can read how to obtain it.'),
    placeholder: text('An example, shown in the empty field.'),
    display_name: text('Its name in the form.'),
    ...KEYWORDS,
  },
};

/** `config:` of a manifest: the list form, or a JSON Schema of an object. */
export const CONFIG_SCHEMA: SchemaObject = record('The settings of the pack.', {
  schema: {
    type: ['array', 'object'],
    if: { type: 'array' },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { items: SETTING },
    else: {
      required: ['type', 'properties'],
      properties: { type: { const: 'object' }, properties: { type: 'object' } },
    },
    description: 'The settings: a list, or a JSON Schema (2020-12) of an object with x-secret, x-env, x-scope …',
  },
});
