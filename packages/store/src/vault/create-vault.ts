import { CapstanError, isCapstanError } from '@capstan/sdk';
import type { Collections } from '../collections.ts';
import type { StoredSecretValue } from '../entities/secret.ts';
import type { Store, StoreWriter } from '../store.ts';
import { type DataKey, DataKeys } from './data-keys.ts';
import { open, seal } from './envelope.ts';
import type { MasterKeys } from './master-key.ts';
import type { SecretProvider } from './secret-provider.ts';
import type { SecretAuthor, SecretPlace, SecretVault, SecretView } from './secret-vault.ts';

/** Options of {@link createVault}. */
export interface VaultOptions {
  readonly store: Store;
  readonly masterKeys: MasterKeys;
  readonly providers?: readonly SecretProvider[];
  /** How long a provider may take, ms. Default 5,000. */
  readonly providerTimeoutMs?: number;
  readonly now?: () => number;
}

const PROVIDER_TIMEOUT_MS = 5000;

type Encrypted = Extract<StoredSecretValue, { kind: 'encrypted' }>;
type External = Extract<StoredSecretValue, { kind: 'external' }>;
type KeyCollection = Collections['dataKeys'];

/** `moved`: the data key was not there. */
type SecretReading = { readonly kind: 'found'; readonly value: string | undefined } | { readonly kind: 'moved' };

/** A vault over a store. */
export function createVault(options: VaultOptions): SecretVault {
  return new StoreVault(options);
}

class StoreVault implements SecretVault {
  readonly #store: Store;
  readonly #dataKeys: DataKeys;
  readonly #providers: ReadonlyMap<string, SecretProvider>;
  readonly #providerTimeoutMs: number;
  readonly #now: () => number;

  constructor(options: VaultOptions) {
    const { store, masterKeys, providers = [], providerTimeoutMs = PROVIDER_TIMEOUT_MS, now = Date.now } = options;
    this.#store = store;
    this.#dataKeys = new DataKeys(masterKeys);
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]));
    this.#providerTimeoutMs = providerTimeoutMs;
    this.#now = now;
  }

  async put(writer: StoreWriter, place: SecretPlace, value: string, author: SecretAuthor): Promise<void> {
    const dataKey = await this.#writingKey(writer, place.workspace);
    await writer.secrets.put({ ...placeOf(place), ...authorOf(author), value: encrypted(dataKey, place, value) });
  }

  async refer(
    writer: StoreWriter,
    place: SecretPlace,
    external: { readonly provider: string; readonly reference: string },
    author: SecretAuthor,
  ): Promise<void> {
    const { provider, reference } = external;
    this.#providerOf(provider);
    const value: StoredSecretValue = { kind: 'external', provider, reference };
    await writer.secrets.put({ ...placeOf(place), ...authorOf(author), value });
  }

  remove(writer: StoreWriter, place: SecretPlace): Promise<boolean> {
    return writer.secrets.remove(placeOf(place));
  }

  async reveal(place: SecretPlace): Promise<string | undefined> {
    const first = await this.#read(place);
    // Its data key was replaced between the two looks; the secret under the new one is there since.
    const found = first.kind === 'moved' ? await this.#read(place) : first;
    if (found.kind === 'moved') throw dataKeyIsGone(place);
    return found.value;
  }

  async list(filter: { readonly workspace?: string } = {}): Promise<readonly SecretView[]> {
    const secrets = await this.#store.read.secrets.list(filter);
    return secrets.map((secret) => ({ ...placeOf(secret), ...authorOf(secret), kind: secret.value.kind }));
  }

  async check(): Promise<void> {
    for (const stored of await this.#store.read.dataKeys.list()) this.#dataKeys.open(stored);
  }

  async rotateMasterKey(): Promise<number> {
    const { result } = await this.#store.change(async (writer) => {
      let renewed = 0;
      for (const stored of await writer.dataKeys.list()) {
        const next = this.#dataKeys.renew(stored);
        if (next === undefined) continue;
        await writer.dataKeys.put(next);
        renewed += 1;
      }
      return renewed;
    });
    return result;
  }

  async rotateDataKey(workspace: string | undefined): Promise<number> {
    const { result } = await this.#store.change(async (writer) => {
      const old = (await writer.dataKeys.list()).filter((each) => each.workspace === workspace);
      const dataKey = await this.#makeKey(writer, workspace);
      const secrets = (await writer.secrets.list()).filter((each) => each.workspace === workspace);
      let renewed = 0;
      for (const secret of secrets) {
        if (secret.value.kind !== 'encrypted') continue;
        const value = await this.#decrypt(writer.dataKeys, secret, secret.value);
        if (value === undefined) throw dataKeyIsGone(secret);
        await writer.secrets.put({ ...secret, value: encrypted(dataKey, secret, value) });
        renewed += 1;
      }
      for (const { id } of old) await writer.dataKeys.remove({ id });
      return renewed;
    });
    return result;
  }

  async #read(place: SecretPlace): Promise<SecretReading> {
    const { secrets, dataKeys } = this.#store.read;
    const secret = await secrets.get(placeOf(place));
    if (secret === undefined) return { kind: 'found', value: undefined };
    if (secret.value.kind === 'external') return { kind: 'found', value: await this.#ask(secret.value) };
    const value = await this.#decrypt(dataKeys, secret, secret.value);
    return value === undefined ? { kind: 'moved' } : { kind: 'found', value };
  }

  /** Undefined when the data key is not there. */
  async #decrypt(dataKeys: KeyCollection, place: SecretPlace, value: Encrypted): Promise<string | undefined> {
    const stored = await dataKeys.get({ id: value.dataKey });
    if (stored === undefined) return undefined;
    return open(this.#dataKeys.open(stored).key, value.envelope, contextOf(place)).toString('utf8');
  }

  async #writingKey(writer: StoreWriter, workspace: string | undefined): Promise<DataKey> {
    const newest = await this.#dataKeys.newest(writer.dataKeys, workspace);
    return newest ?? this.#makeKey(writer, workspace);
  }

  async #makeKey(writer: StoreWriter, workspace: string | undefined): Promise<DataKey> {
    const { key, stored } = this.#dataKeys.make(workspace, this.#now());
    await writer.dataKeys.insert(stored);
    return key;
  }

  async #ask({ provider, reference }: External): Promise<string | undefined> {
    const found = this.#providerOf(provider);
    try {
      return await found.read(reference, { signal: AbortSignal.timeout(this.#providerTimeoutMs) });
    } catch (cause) {
      if (isCapstanError(cause)) throw cause;
      throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', `the secret store '${provider}' does not answer`, {
        hint: 'Check that it runs and that the host may read there.',
        cause,
      });
    }
  }

  #providerOf(name: string): SecretProvider {
    const provider = this.#providers.get(name);
    if (provider !== undefined) return provider;
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', `there is no secret store '${name}'`, {
      hint: `Known are: ${[...this.#providers.keys()].join(', ') || 'none'}.`,
    });
  }
}

function encrypted({ id, key }: DataKey, place: SecretPlace, value: string): Encrypted {
  return { kind: 'encrypted', dataKey: id, envelope: seal(key, Buffer.from(value, 'utf8'), contextOf(place)) };
}

function contextOf({ workspace, name }: SecretPlace): readonly string[] {
  return ['secret', workspace ?? '', name];
}

/** Nothing beside the place: what is given may have more. */
function placeOf({ workspace, name }: SecretPlace): SecretPlace {
  return { name, ...(workspace === undefined ? {} : { workspace }) };
}

function authorOf({ setAt, setBy }: SecretAuthor): SecretAuthor {
  return { setAt, setBy };
}

function dataKeyIsGone({ name }: SecretPlace): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', `the data key of the secret ${name} is gone`, {
    hint: 'Set the secret again, or restore the database.',
  });
}
