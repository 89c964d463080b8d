import type { Authenticator, Endpoints, HttpClient } from '@capstan/http';
import type { Clock, RemoteCallPolicy } from '@capstan/sdk';

/** What the `http` service of all packs shares. */
export interface PackHttpServices {
  readonly http: HttpClient;
  readonly authenticator: Authenticator;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How one tool may use it. */
export interface PackHttpUse {
  readonly policy: Required<RemoteCallPolicy>;
  /** Whether somebody declared what may be reached; else what a registry names may be. */
  readonly hasEgressList: boolean;
}
