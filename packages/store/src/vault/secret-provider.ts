/** A store of secrets beside ours, such as HashiCorp Vault or the secrets manager of a cloud. */
export interface SecretProvider {
  /** How a secret names it. */
  readonly name: string;
  /**
   * Reads a secret now; the provider keeps what it may keep. It resolves to undefined where there is none.
   * @param reference In the provider's own words, such as `secret/data/line#token`.
   */
  read(reference: string, options: { readonly signal: AbortSignal }): Promise<string | undefined>;
}
