import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import { parseFaults } from './fault-grammar.ts';
import { type FaultPlan, noFaults, planRandomFaults, seededRandom } from './faults.ts';
import { createMutant } from './mutants/mutants.ts';
import type { ServiceState } from './tally.ts';
import { ToolCalls } from './tool-calls.ts';

/** How the service is started; every key has a default. */
export interface ExampleServiceOptions {
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default: a new random one. */
  readonly token?: string;
  /** A fault text (see `FAULT_GRAMMAR`) or a plan of one's own. Default: none. */
  readonly faults?: string | FaultPlan;
  /** Numbers in [0, 1) for a fault text. Default: seeded by its `seed=`, else by 1, so that a run can be repeated. */
  readonly random?: () => number;
  /** Default 1 MiB. */
  readonly maxBodyBytes?: number;
  readonly now?: () => Date;
  /** How long a long tool pauses between its steps, in ms. Default 20. */
  readonly stepMs?: number;
  /** After how long a job ends as `timeout`, in ms. Default 60,000. */
  readonly jobLimitMs?: number;
  /** Breaks exactly one requirement of the contract; see `MUTANTS`. Default: none. */
  readonly mutant?: string;
}

/** A running service. */
export interface ExampleService {
  /** Without a trailing slash: the `base_url` of the contract. */
  readonly url: string;
  readonly token: string;
  readonly port: number;
  /** What has happened so far. */
  state(): ServiceState;
  /** Changes the faults while it runs; `undefined` ends them. */
  setFaults(faults: string | FaultPlan | undefined): void;
  /** Takes no more connections, lets calls in flight end for at most `graceMs` (2,000), then cuts them. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
  /** Stops as a crash does: every connection is cut at once. */
  kill(): Promise<void>;
}

/** Starts the service and resolves once it listens. Rejects when the port is taken or the fault text cannot be read. */
export async function startExampleService(options: ExampleServiceOptions = {}): Promise<ExampleService> {
  const { host = '127.0.0.1', token = randomBytes(24).toString('base64url'), now = () => new Date() } = options;
  if (token === '') throw new Error('the token of the example service is empty');
  const plan = (faults: string | FaultPlan | undefined): FaultPlan => toPlan(faults, options.random);
  const { stepMs = 20, jobLimitMs = 60_000, maxBodyBytes = 1_048_576 } = options;
  const calls = new ToolCalls({ faults: plan(options.faults), now, stepMs, jobLimitMs });
  const mutant = options.mutant === undefined ? {} : { mutant: createMutant(options.mutant, { token }) };
  const app = createApp({ calls, token, now, maxBodyBytes, ...mutant });
  await app.listen({ port: options.port ?? 0, host });
  const port = portOf(app.server.address());
  const kill = async (): Promise<void> => {
    const closed = app.close();
    app.server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    token,
    port,
    state: () => calls.state(),
    setFaults: (faults) => {
      calls.faults = plan(faults);
    },
    close: async ({ graceMs = 2000 } = {}) => {
      const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
      try {
        await app.close();
      } finally {
        clearTimeout(timer);
      }
    },
    kill,
  };
}

function toPlan(faults: string | FaultPlan | undefined, random: (() => number) | undefined): FaultPlan {
  if (faults === undefined) return noFaults;
  if (typeof faults === 'function') return faults;
  const { faults: drawn, seed = 1 } = parseFaults(faults);
  return planRandomFaults(drawn, random ?? seededRandom(seed));
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the example service listens on no port');
  return address.port;
}
