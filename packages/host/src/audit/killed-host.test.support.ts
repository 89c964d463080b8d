import { openSync, writeSync } from 'node:fs';
import { createHost } from '../create-host.ts';
import { openAuditSpool } from './audit-spool.ts';

// A host under load that is going to be killed. It notes the id of each call in a file as soon as it was answered.
const [folder = '', answeredPath = ''] = process.argv.slice(2);
const WORKERS = 64;
const SIGN_OF_LIFE_AFTER = 500;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const answered = openSync(answeredPath, 'a');
const host = await createHost({ environment: {}, audit: openAuditSpool(folder, { logger: SILENT }) });
host.register({ id: 'app.echo', description: 'Answers its input', handler: (input) => input });
let count = 0;

async function callForEver(): Promise<never> {
  for (;;) {
    const { executionId } = await host.invoke({ tool: 'app.echo', arguments: { text: 'x'.repeat(200) } });
    writeSync(answered, `${executionId}\n`);
    count += 1;
    if (count % SIGN_OF_LIFE_AFTER === 0) process.stdout.write('.');
  }
}

await Promise.all(Array.from({ length: WORKERS }, callForEver));
