import { isIP, connect as openSocket, type Socket } from 'node:net';
import { type SecureContext, connect as secureSocket } from 'node:tls';
import type { Clock } from '@capstan/sdk';
import { AddressGuard, EgressRefusal, type HostLookup, type ResolvedAddress } from './address-guard.ts';
import { trusting } from './guarded-connector.ts';
import type { EgressPolicy, HttpTarget } from './types.ts';

/** What can be wrong on the way to a service, before a word of HTTP is spoken. */
export type ProbeProblem =
  | 'egress_denied'
  | 'name_unknown'
  | 'resolver_failed'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'certificate_self_signed'
  | 'certificate_unknown_authority'
  | 'certificate_wrong_host'
  | 'certificate_invalid'
  | 'not_tls';

/** One step of the way. */
export type ProbeStep = { readonly name: 'dns' | 'tcp' | 'tls'; readonly ms: number } & (
  | { readonly outcome: 'passed'; readonly detail: string }
  | { readonly outcome: 'failed'; readonly problem: ProbeProblem; readonly detail: string }
);

/** Walks the way to a service, and says where it ends. */
export interface EndpointProbe {
  /** The steps up to the first that failed; `tls` only for https. Never rejects, and leaves no socket behind. */
  probe(target: HttpTarget, timeoutMs: number): Promise<readonly ProbeStep[]>;
}

/** What a probe is made of: the same as the http client, so that both come to the same end. */
export interface EndpointProbeOptions {
  readonly clock: Clock;
  readonly egress: EgressPolicy;
  readonly certificates?: readonly string[];
  readonly lookup?: HostLookup;
}

/** Makes a probe. It obeys the egress rules and verifies certificates, as every request does. */
export function createEndpointProbe(options: EndpointProbeOptions): EndpointProbe {
  return {
    async probe(target, timeoutMs) {
      const walk = new Walk(options, target, timeoutMs);
      try {
        await walk.go();
      } finally {
        walk.end();
      }
      return walk.steps;
    },
  };
}

/** A step that failed, with what is wrong. */
class StepFailure extends Error {
  readonly problem: ProbeProblem;
  constructor(problem: ProbeProblem, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

/** Every socket that was opened is in `#sockets`, and is destroyed at the end. */
class Walk {
  readonly steps: ProbeStep[] = [];
  readonly #clock: Clock;
  readonly #guard: AddressGuard;
  readonly #context: SecureContext | undefined;
  readonly #url: URL;
  readonly #hostname: string;
  readonly #timeoutMs: number;
  readonly #sockets = new Set<Socket>();

  constructor(options: EndpointProbeOptions, target: HttpTarget, timeoutMs: number) {
    this.#clock = options.clock;
    this.#guard = new AddressGuard(options.egress.allowPrivate, options.lookup);
    this.#context = trusting(options.certificates ?? []);
    this.#url = new URL(target.origin);
    this.#hostname = target.hostname.replace(/^\[|\]$/g, '');
    this.#timeoutMs = timeoutMs;
  }

  async go(): Promise<void> {
    const addresses = await this.#step('dns', () => this.#resolve());
    if (addresses === undefined) return;
    const address = await this.#step('tcp', () => this.#connect(addresses));
    if (address === undefined || this.#url.protocol !== 'https:') return;
    await this.#step('tls', () => this.#secure(address));
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #step<Result>(
    name: ProbeStep['name'],
    take: () => Promise<{ readonly result: Result; readonly detail: string }>,
  ): Promise<Result | undefined> {
    const begunAt = this.#clock.now();
    const took = (): number => this.#clock.now() - begunAt;
    try {
      const { result, detail } = await take();
      this.steps.push({ name, ms: took(), outcome: 'passed', detail });
      return result;
    } catch (thrown) {
      const { problem, message } = thrown instanceof StepFailure ? thrown : asFailure(name, thrown);
      this.steps.push({ name, ms: took(), outcome: 'failed', problem, detail: message });
      return undefined;
    }
  }

  async #resolve(): Promise<{ result: readonly ResolvedAddress[]; detail: string }> {
    const refusal = this.#guard.refusalOfLiteral(this.#hostname);
    if (refusal) throw refusal;
    const family = isIP(this.#hostname);
    if (family !== 0) return { result: [{ address: this.#hostname, family }], detail: 'an address, no name' };
    const found = await this.#within(this.#guard.resolve(this.#hostname, {}));
    if (found.length === 0) throw new StepFailure('name_unknown', `"${this.#hostname}" has no address`);
    return { result: found, detail: `${this.#hostname} is ${found.map(({ address }) => address).join(', ')}` };
  }

  async #connect(addresses: readonly ResolvedAddress[]): Promise<{ result: string; detail: string }> {
    let last: unknown;
    for (const { address } of addresses) {
      try {
        const socket = openSocket({ host: address, port: this.#port() });
        await this.#within(opened(socket, 'connect', this.#sockets));
        socket.destroy();
        return { result: address, detail: `${address}, port ${this.#port()}` };
      } catch (thrown) {
        last = thrown;
      }
    }
    throw last;
  }

  /** To the address that took the connection before: another one may be of another machine. */
  async #secure(address: string): Promise<{ result: string; detail: string }> {
    const socket = secureSocket({
      host: address,
      port: this.#port(),
      ...(isIP(this.#hostname) === 0 ? { servername: this.#hostname } : {}),
      rejectUnauthorized: true,
      ...(this.#context === undefined ? {} : { secureContext: this.#context }),
    });
    await this.#within(opened(socket, 'secureConnect', this.#sockets));
    const { valid_to, subject } = socket.getPeerCertificate();
    return {
      result: address,
      detail: `${socket.getProtocol()}, certificate of ${subject?.CN ?? '?'} until ${valid_to}`,
    };
  }

  #port(): number {
    return this.#url.port === '' ? (this.#url.protocol === 'https:' ? 443 : 80) : Number(this.#url.port);
  }

  #within<Result>(work: Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const late = (): void => reject(new StepFailure('timeout', `nothing within ${this.#timeoutMs} ms`));
    const timer = setTimeout(late, this.#timeoutMs);
    work.then(resolve, reject);
    return promise.finally(() => clearTimeout(timer));
  }
}

function opened(socket: Socket, event: 'connect' | 'secureConnect', all: Set<Socket>): Promise<void> {
  all.add(socket);
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    // It stays: an error after the step has nobody else to hear it.
    socket.on('error', reject);
    socket.once('close', () => {
      all.delete(socket);
      reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    });
  });
}

const PROBLEMS: Readonly<Record<string, ProbeProblem>> = {
  ENOTFOUND: 'name_unknown',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate_self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate_unknown_authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate_unknown_authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate_unknown_authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate_unknown_authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate_wrong_host',
};

const OTHERWISE: Readonly<Record<ProbeStep['name'], ProbeProblem>> = {
  dns: 'resolver_failed',
  tcp: 'unreachable',
  tls: 'not_tls',
};

function asFailure(name: ProbeStep['name'], thrown: unknown): StepFailure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof EgressRefusal) return new StepFailure('egress_denied', message);
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const isCertificate = name === 'tls' && /CERT|SIGNATURE|CRL|HOSTNAME/.test(code);
  return new StepFailure(PROBLEMS[code] ?? (isCertificate ? 'certificate_invalid' : OTHERWISE[name]), message);
}
