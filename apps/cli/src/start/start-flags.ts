/** The options of `capstan start`. */
export interface StartFlags {
  readonly port?: string;
  readonly host?: string;
  readonly withExample?: boolean;
}
