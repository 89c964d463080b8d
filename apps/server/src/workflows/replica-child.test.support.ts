// One host of several on one Postgres, for tests: started with the path of capstan.yaml and the URL of the database; its
// parent says by message which runs to start.
import { createHost } from '@capstan/host';
import { createDurableEngine } from '@capstan/workflow/dbos';

const [config = '', databaseUrl = ''] = process.argv.slice(2);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const principal = { id: 'user:test', roles: ['agent'], permissions: [] };

const workflows = await createDurableEngine({ databaseUrl, logger: silent, poolSize: 6 });
const host = await createHost({ config, environment: process.env, logger: silent, workflows });

process.on('message', (message: { readonly tool: string; readonly key: string; readonly n: number }) => {
  const { tool, key, n } = message;
  host.runs.start({ tool, principal, inputs: { n }, idempotencyKey: key }).then(
    (runId) => process.send?.({ key, runId }),
    (error: unknown) => process.send?.({ key, error: String(error) }),
  );
});
process.send?.({ ready: true });
