import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExampleService, startExampleService } from '@capstan/example-remote-service';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@capstan/store/embedded';
import { Client } from 'pg';

const MANIFEST = `code: flows
display_name: Flows
version: 1.0.0
description: Workflows over a real service
config:
  schema:
    - { name: base_url, type: string, required: true, description: Where it is }
    - { name: api_token, type: string, secret: true, description: Its token }
tools:
  - name: tell
    description: Tells somebody something
    annotations: { idempotent: true }
    remote: { tool_type: wp, action: publish_post }
  - name: chain
    description: Four effects, some side by side, with a pause in the middle
    workflow:
      steps:
        - { id: a, tool: tell, input: { title: "U\${{ inputs.n }}", content: "a" } }
        - { id: pause, delay_ms: 2500, depends_on: [a] }
        - { id: b, tool: tell, input: { title: "U\${{ inputs.n }}", content: "b" }, depends_on: [pause] }
        - { id: c, tool: tell, input: { title: "U\${{ inputs.n }}", content: "c" }, depends_on: [pause] }
        - { id: d, tool: tell, input: { title: "U\${{ inputs.n }}", content: "d" }, depends_on: [b, c] }
      output: "\${{ steps.d.status }}"
`;

/** A started host process. */
export interface Replica {
  readonly process: ChildProcess;
  /** Starts a run; undefined where the process died before it said so. */
  start(run: { readonly tool: string; readonly key: string; readonly n: number }): Promise<string | undefined>;
  kill(): Promise<void>;
}

/** Several host processes on one Postgres and one real service. */
export interface Topology {
  readonly service: ExampleService;
  readonly postgres: EmbeddedPostgres;
  replica(): Promise<Replica>;
  /** How many runs there are, by state. */
  states(): Promise<Readonly<Record<string, number>>>;
  /** Until no run is left that is not over. */
  untilAllEnded(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts the service and the database; hosts are started by the test. */
export async function startTopology(): Promise<Topology> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-replicas-'));
  chmodSync(folder, 0o711);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o711 });
  mkdirSync(join(folder, 'packs/flows'), { recursive: true });
  const service = await startExampleService();
  const postgres = await startEmbeddedPostgres({ folder: data });
  writeFileSync(join(folder, 'packs/flows/manifest.yaml'), MANIFEST);
  const config = join(folder, 'capstan.yaml');
  writeFileSync(
    config,
    `version: 1
discover: [./packs/*]
packs: { flows: { config: { base_url: "${service.url}", api_token: "${service.token}" } } }
workspaces: { default: { packs: [flows] } }
egress: { allow_private: [127.0.0.0/8] }
`,
  );
  const replicas = new Set<Replica>();
  const states = (): Promise<Readonly<Record<string, number>>> => readStates(postgres.url);
  return {
    service,
    postgres,
    states,
    async replica() {
      const replica = await startReplica(config, postgres.url);
      replicas.add(replica);
      return replica;
    },
    async untilAllEnded(count) {
      for (;;) {
        const found = await states().catch(() => undefined);
        if (found !== undefined && (found.SUCCESS ?? 0) + (found.ERROR ?? 0) >= count) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async close() {
      await Promise.all([...replicas].map((replica) => replica.kill()));
      await service.close();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startReplica(config: string, databaseUrl: string): Promise<Replica> {
  const child = spawn(
    process.execPath,
    ['--conditions=@capstan/source', join(import.meta.dirname, 'replica-child.test.support.ts'), config, databaseUrl],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`a host ended with ${code} before it was ready`)));
  });
  const pending = new Map<string, (runId: string | undefined) => void>();
  child.on('message', (message: { readonly key: string; readonly runId?: string }) => {
    pending.get(message.key)?.(message.runId);
    pending.delete(message.key);
  });
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  child.on('exit', () => {
    for (const end of pending.values()) end(undefined);
  });
  return {
    process: child,
    start: (run) =>
      new Promise((resolve) => {
        if (isOver() || !child.connected) return resolve(undefined);
        pending.set(run.key, resolve);
        child.send(run, (error) => error && resolve(undefined));
      }),
    async kill() {
      if (isOver()) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function readStates(url: string): Promise<Readonly<Record<string, number>>> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ status: string; count: number }>(
      "SELECT status, count(*)::int AS count FROM dbos.workflow_status WHERE name = 'capstan_run' GROUP BY status",
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  } finally {
    await client.end();
  }
}
