import type { SecretVault, Store } from '@capstan/store';

const PLACE = { name: 'session_secret' } as const;
const SECRET_BYTES = 32;

/** What signs sessions, made once: of replicas that start at once, all take that of the first. */
export async function sessionSecretOf(
  store: Store,
  vault: SecretVault,
  randomBytes: (size: number) => Buffer,
): Promise<Uint8Array> {
  const known = await vault.reveal(PLACE);
  if (known !== undefined) return Buffer.from(known, 'base64');
  await store.change(async (writer) => {
    if ((await writer.secrets.get(PLACE)) !== undefined) return;
    const made = randomBytes(SECRET_BYTES).toString('base64');
    await vault.put(writer, PLACE, made, { setAt: Date.now(), setBy: 'system:server' });
  });
  return Buffer.from((await vault.reveal(PLACE)) ?? '', 'base64');
}
