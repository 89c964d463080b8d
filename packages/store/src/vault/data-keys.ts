import { randomBytes } from 'node:crypto';
import { CapstanError } from '@capstan/sdk';
import type { Collections } from '../collections.ts';
import type { StoredDataKey } from '../entities/secret.ts';
import { newId } from '../new-id.ts';
import { KEY_BYTES, open, seal } from './envelope.ts';
import type { MasterKey, MasterKeys } from './master-key.ts';

/** A data key that can be used. */
export interface DataKey {
  readonly id: string;
  readonly key: Buffer;
}

/** Makes, opens and encrypts data keys. */
export class DataKeys {
  readonly #masterKeys: MasterKeys;
  /** Opened ones. A key is one workspace's, and workspaces are few. */
  readonly #opened = new Map<string, Buffer>();

  constructor(masterKeys: MasterKeys) {
    this.#masterKeys = masterKeys;
  }

  /** A new one, and what is stored of it. */
  make(workspace: string | undefined, now: number): { readonly key: DataKey; readonly stored: StoredDataKey } {
    const key: DataKey = { id: newId('dek'), key: randomBytes(KEY_BYTES) };
    const place = { id: key.id, createdAt: now, ...(workspace === undefined ? {} : { workspace }) };
    return { key, stored: this.#wrap(place, key.key) };
  }

  /** @throws CapstanError CAPSTAN_CONFIG_INVALID when its master key is not given. */
  open(stored: StoredDataKey): DataKey {
    const key = this.#opened.get(stored.id) ?? this.#unwrap(stored);
    this.#opened.set(stored.id, key);
    return { id: stored.id, key };
  }

  /** The same key under the current master key; undefined where it is. */
  renew(stored: StoredDataKey): StoredDataKey | undefined {
    if (stored.masterKey === this.#masterKeys.current.fingerprint) return undefined;
    return this.#wrap(stored, this.#unwrap(stored));
  }

  /** The newest key of a workspace. */
  async newest(collection: Collections['dataKeys'], workspace: string | undefined): Promise<DataKey | undefined> {
    const stored = (await collection.list()).filter((each) => each.workspace === workspace).at(-1);
    return stored && this.open(stored);
  }

  #wrap(place: Omit<StoredDataKey, 'masterKey' | 'envelope'>, key: Buffer): StoredDataKey {
    const { fingerprint, key: masterKey } = this.#masterKeys.current;
    const { id, workspace, createdAt } = place;
    const envelope = seal(masterKey, key, contextOf(place));
    return { id, createdAt, masterKey: fingerprint, envelope, ...(workspace === undefined ? {} : { workspace }) };
  }

  #unwrap(stored: StoredDataKey): Buffer {
    return open(this.#masterKeyOf(stored).key, stored.envelope, contextOf(stored));
  }

  #masterKeyOf({ masterKey, workspace }: StoredDataKey): MasterKey {
    const found = this.#masterKeys.all.find(({ fingerprint }) => fingerprint === masterKey);
    if (found !== undefined) return found;
    const owner = workspace === undefined ? 'of the host' : `of the workspace ${workspace}`;
    throw new CapstanError(
      'CAPSTAN_CONFIG_INVALID',
      `the secrets ${owner} are encrypted under the master key ${masterKey}, which was not given`,
      {
        hint: 'Give it in CAPSTAN_MASTER_KEY as well, after the current one and a comma, or restore the master-key file.',
      },
    );
  }
}

function contextOf({ id, workspace }: Pick<StoredDataKey, 'id' | 'workspace'>): readonly string[] {
  return ['data key', workspace ?? '', id];
}
