/**
 * A secret config value as pack code sees it: it can be passed on, never read.
 *
 * Only the adapter and the host's http client can spend it. Printing it, in a template string or as JSON, gives `●●●●`.
 */
export interface Secret {
  readonly kind: 'secret';
  /** Always `●●●●`. */
  toString(): string;
  /** Always `●●●●`. */
  toJSON(): string;
}
