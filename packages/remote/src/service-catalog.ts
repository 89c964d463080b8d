import { type Authenticator, type Candidate, Refreshing } from '@capstan/http';
import type { Clock, ToolConnection } from '@capstan/sdk';
import { ASKING_HEADERS } from './contract-request.ts';
import { isObject, parseJson } from './envelope.ts';

/** What a service says that it offers beyond the single call. */
export interface ServiceOffer {
  /** The work of one idempotency key is done once. */
  readonly idempotency: boolean;
  /** Tools that take batches. */
  readonly batch: ReadonlySet<string>;
}

/** A service that says nothing offers nothing. */
const NOTHING: ServiceOffer = { idempotency: false, batch: new Set() };

const ASK_TIMEOUT_MS = 2_000;
const KEEP_MS = 600_000;
/** A service that fails is not asked more often than this: the question comes up just when it has trouble. */
const PAUSE_MS = 60_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_SERVICES = 1_000;

/** What services offer (`GET {base_url}/v1/tools`), kept per endpoint, asked for only when it decides something. */
export class ServiceCatalog {
  readonly #authenticator: Authenticator;
  readonly #clock: Clock;
  readonly #offers = new Map<string, Refreshing<ServiceOffer>>();

  constructor(authenticator: Authenticator, clock: Clock) {
    this.#authenticator = authenticator;
    this.#clock = clock;
  }

  /** Never rejects: a service that cannot say what it offers offers nothing. */
  async offerOf(place: Candidate, connection: ToolConnection, signal: AbortSignal): Promise<ServiceOffer> {
    const { key } = place.endpoint;
    let offer = this.#offers.get(key);
    if (offer === undefined) {
      if (this.#offers.size >= MAX_SERVICES) this.#offers.clear();
      offer = new Refreshing(() => this.#ask(place, connection), {
        clock: this.#clock,
        refreshMs: KEEP_MS,
        pauseMs: PAUSE_MS,
      });
      this.#offers.set(key, offer);
    }
    const known = Promise.resolve(offer.get()).catch(() => NOTHING);
    return signal.aborted ? NOTHING : known;
  }

  /** Not under the signal of one call: the answer is for all who wait. */
  async #ask({ target }: Candidate, connection: ToolConnection): Promise<ServiceOffer> {
    const answer = await this.#authenticator.exchange(connection, {
      target,
      method: 'GET',
      path: '/v1/tools',
      headers: ASKING_HEADERS,
      timeoutMs: ASK_TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
    });
    if (answer.status === 404) return NOTHING;
    const body = answer.status === 200 ? parseJson(answer.body) : undefined;
    if (!isObject(body)) throw new Error(`discovery answered ${answer.status}`);
    const tools = Array.isArray(body.tools) ? body.tools.filter(isObject) : [];
    const batch = tools.flatMap(({ name, batch }) => (batch === true && typeof name === 'string' ? [name] : []));
    return { idempotency: body.idempotency === true, batch: new Set(batch) };
  }
}
