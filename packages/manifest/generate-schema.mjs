// Writes the published form of the manifest's schema. A test fails where the file and the source differ.
import { writeFileSync } from 'node:fs';
import { MANIFEST_SCHEMA } from './dist/index.js';

writeFileSync(new URL('schema/manifest.schema.json', import.meta.url), `${JSON.stringify(MANIFEST_SCHEMA, null, 2)}\n`);
