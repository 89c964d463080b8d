import { type BreakerPolicy, CapstanError, type Clock, type ServiceCluster, type ServiceEndpoint } from '@capstan/sdk';
import { type DiscoveryServices, discover } from '../discovery/discover.ts';
import { Refreshing } from '../discovery/refreshing.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Endpoints } from '../endpoint/endpoints.ts';
import { RetryBudget } from '../endpoint/retry-budget.ts';
import type { HttpClient } from '../types.ts';
import { Balancer } from './balancer.ts';
import { HealthProbe } from './health-probe.ts';
import type { Candidate } from './strategies.ts';

/** What a {@link ServicePool} is made of. */
export interface ServicePoolOptions extends DiscoveryServices {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whose calls its endpoints count. */
  readonly pack: string;
  readonly endpoints: Endpoints;
  readonly breaker: BreakerPolicy;
  /** As in `HttpClient.target`. */
  readonly egress: readonly string[] | undefined;
  readonly slowStartMs?: number;
  readonly refreshMs?: number;
  readonly probeIntervalMs?: number;
  /** The registry failed, and what it said last stays in use. */
  readonly onDiscoveryFailure?: (error: unknown) => void;
}

/** The endpoints of one service: known or discovered, chosen among, looked after. Close it: it may have a timer. */
export class ServicePool {
  /** Of the service as a whole: one that fails over is a repetition for the service, wherever it goes. */
  readonly retries: RetryBudget = new RetryBudget();
  readonly #cluster: ServiceCluster;
  readonly #options: ServicePoolOptions;
  readonly #balancer: Balancer;
  readonly #probe: HealthProbe;
  readonly #discovered: Refreshing<readonly Candidate[]> | undefined;
  readonly #declared: readonly Candidate[];
  #last: readonly Candidate[];

  /** @throws CapstanError where a declared endpoint may not be used. */
  constructor(cluster: ServiceCluster, options: ServicePoolOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#balancer = new Balancer({ strategy: cluster.strategy, ...options });
    this.#declared = cluster.endpoints.map((endpoint) => this.#candidate(endpoint, options.egress));
    this.#last = this.#declared;
    this.#discovered = this.#discovery(cluster.discovery);
    this.#probe = new HealthProbe(
      {
        http: options.http,
        clock: options.clock,
        breaker: options.breaker,
        always: cluster.healthIntervalMs !== undefined,
        ...intervalOf(cluster.healthIntervalMs ?? options.probeIntervalMs),
      },
      () => this.#last,
    );
  }

  /** The endpoints that are known now; a promise only while they are asked for the first time. */
  candidates(): readonly Candidate[] | Promise<readonly Candidate[]> {
    return this.#discovered === undefined ? this.#declared : this.#discovered.get();
  }

  /** One of them that may be called now, if possible none that was tried. `undefined`: all are left alone. */
  choose(candidates: readonly Candidate[], tried: ReadonlySet<Endpoint> | undefined): Candidate | undefined {
    return this.#balancer.choose(candidates, tried);
  }

  /** Tells it that a call failed: an endpoint that is ejected now is looked after. */
  noticeFailure({ breaker }: Endpoint): void {
    if (breaker.state.kind === 'open') this.#probe.wake();
  }

  close(): void {
    this.#probe.close();
  }

  #discovery(discovery: ServiceCluster['discovery']): Refreshing<readonly Candidate[]> | undefined {
    if (discovery === undefined) return undefined;
    const { clock, refreshMs, onDiscoveryFailure } = this.#options;
    return new Refreshing(async () => this.#allowed(await discover(discovery, this.#options)), {
      clock,
      ...(refreshMs === undefined ? {} : { refreshMs }),
      ...(onDiscoveryFailure === undefined ? {} : { onFailure: onDiscoveryFailure }),
    });
  }

  /** What a registry names is not yet allowed: each goes through the egress list. */
  #allowed(found: readonly ServiceEndpoint[]): readonly Candidate[] {
    const egress = this.#cluster.trustDiscovery ? undefined : this.#options.egress;
    const refusals: unknown[] = [];
    const allowed = found.flatMap((endpoint) => {
      try {
        return [this.#candidate(endpoint, egress)];
      } catch (refusal) {
        refusals.push(refusal);
        return [];
      }
    });
    if (allowed.length === 0) throw noneAllowed(refusals);
    this.#last = [...this.#declared, ...allowed];
    return this.#last;
  }

  #candidate({ url, weight }: ServiceEndpoint, egress: readonly string[] | undefined): Candidate {
    const target = this.#options.http.target(url, egress);
    return {
      target,
      endpoint: this.#options.endpoints.of(`${target.origin}${target.basePath}`, this.#options.pack),
      weight,
    };
  }
}

function intervalOf(intervalMs: number | undefined): { readonly intervalMs?: number } {
  return intervalMs === undefined ? {} : { intervalMs };
}

function noneAllowed(refusals: readonly unknown[]): CapstanError {
  return new CapstanError('CAPSTAN_EGRESS_DENIED', 'The registry names only endpoints that may not be reached.', {
    hint: 'Add their hosts to egress in the manifest, or to packs.<key>.egress in capstan.yaml.',
    cause: refusals[0],
  });
}
