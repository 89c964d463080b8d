import { PACK_TYPES } from '@capstan/sdk';
import { CONFIG_SCHEMA } from './config-schema.ts';
import { PERMISSIONS_SCHEMA, patterned, type SchemaObject, text } from './schema-parts.ts';
import { OPENAPI_SOURCES, TOOLUNIVERSE_SOURCES } from './source-schema.ts';
import { TOOL_SCHEMA } from './tool-schema.ts';

/** A name, not an address: nothing is fetched from it. */
const SCHEMA_ID = 'urn:capstan:schema:manifest';

// From semver.org, without the look-around that it does not need.
const SEMVER =
  '^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)' +
  '(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?' +
  '(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?$';

const LABEL = '[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?';
const EGRESS_HOST = `^(\\$\\{config\\.[A-Za-z_][A-Za-z0-9_.]*\\}|(\\*\\.)?${LABEL}(\\.${LABEL})*|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$`;

/** Our dialect of `manifest.yaml`. The loader checks against it, and editors get the same as `schema/manifest.schema.json`. */
export const MANIFEST_SCHEMA: SchemaObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: SCHEMA_ID,
  title: 'Capstan pack manifest',
  description: 'A pack: its code, its settings, and the tools that it gives to agents.',
  type: 'object',
  required: ['code', 'version'],
  additionalProperties: false,
  patternProperties: { '^x-': { description: 'A key of your own: kept, never read.' } },
  properties: {
    $schema: text('The schema of this file, for editors.'),
    manifest_version: { const: 1, description: 'The version of this format. Absent means 1.' },
    code: patterned('The unique id of the pack in a host.', {
      pattern: '^[a-z][a-z0-9_]*$',
      patternErrorMessage: 'must be lower-case letters, digits and _, and start with a letter',
      maxLength: 64,
    }),
    display_name: text('The name for people.'),
    version: patterned('The version of the pack (semver); the same as in package.json.', {
      pattern: SEMVER,
      patternErrorMessage: 'must be a semantic version such as 1.0.0',
    }),
    type: { enum: PACK_TYPES, default: 'feature', description: 'The kind of pack.' },
    description: text('What the pack is for.'),
    engines: {
      type: 'object',
      additionalProperties: false,
      properties: { capstan: text('The versions of Capstan that can run it, as a semver range: ">=0.1 <1".') },
      description: 'What the pack needs to run.',
    },
    config: CONFIG_SCHEMA,
    ui_schema: {
      type: ['string', 'object'],
      description: 'Form hints for the settings (react-jsonschema-form): a file of the pack, or the hints themselves.',
    },
    egress: {
      type: 'array',
      items: patterned(`A host, with *. for its subdomains, or \${config.key} for the host of a setting.`, {
        pattern: EGRESS_HOST,
        patternErrorMessage: `must be a host such as api.example.com, *.example.com or \${config.base_url}, without scheme and path`,
      }),
      description: 'Hosts that the calls of the pack may reach. Absent: those of its connection.',
    },
    permissions: PERMISSIONS_SCHEMA,
    reveal: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      description: 'Secret settings that code of the pack reads as text, where an operator trusts it.',
    },
    routes: { type: 'array', description: 'Admin routes: declarative actions shown in the console.' },
    mcp_servers: { type: ['object', 'array'], description: 'MCP servers whose tools the pack brings.' },
    openapi: OPENAPI_SOURCES,
    tooluniverse: TOOLUNIVERSE_SOURCES,
    tools: { type: 'array', items: TOOL_SCHEMA, description: 'The tools of the pack.' },
  },
};
