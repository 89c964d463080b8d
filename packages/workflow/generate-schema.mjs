// Writes the published form of the schema of workflows. A test fails where the file and the source differ.
import { writeFileSync } from 'node:fs';
import { WORKFLOW_SCHEMA } from './dist/index.js';

writeFileSync(new URL('schema/workflow.schema.json', import.meta.url), `${JSON.stringify(WORKFLOW_SCHEMA, null, 2)}\n`);
