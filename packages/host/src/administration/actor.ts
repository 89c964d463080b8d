import type { CallOrigin, JsonObject, Principal } from '@capstan/sdk';
import type { Surface } from '../surface.ts';

/** Who changes something, and from where. */
export interface Actor {
  readonly principal: Principal;
  readonly surface: Surface;
  readonly origin?: CallOrigin;
  /** The change is refused when somebody else made one since. */
  readonly expectedRevision?: number;
}

/** What is done, for the audit. Never with a secret in it. */
export interface Act {
  /** `connection.create` and so on. */
  readonly act: string;
  readonly target: string;
  readonly workspace?: string;
  readonly details?: JsonObject;
}

/** The application that embeds a host. */
export const APPLICATION_ACTOR: Actor = Object.freeze({
  principal: Object.freeze({ id: 'system:in_process', roles: ['application'], permissions: [] }),
  surface: 'in_process',
});
