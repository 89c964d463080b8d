import type { JsonObject } from '@capstan/sdk';
import type { ClientCapabilities } from '@modelcontextprotocol/server';
import { refuseUnable, withoutLogs } from '../client-channel.ts';
import type { CallerChannel, CallerQuestion } from '../upstream/caller-channel.ts';
import { METHOD_NOT_FOUND, RpcError } from '../upstream/message.ts';
import type { LaneResponse } from './lane-response.ts';

const NOTHING: JsonObject = Object.freeze({});

/** The way back to the client of a call in the lane: it can be told things, and has nothing that could answer. */
export class LaneChannel implements CallerChannel {
  readonly capabilities: JsonObject;
  readonly logLevel: string | undefined;
  /** A client of 2026-07-28 that can is not served here; for one of an older revision somebody else follows. */
  readonly takesTasks?: false;
  readonly #declared: ClientCapabilities | undefined;
  readonly #tell: CallerChannel['notify'];

  constructor(
    reply: LaneResponse,
    capabilities: ClientCapabilities | undefined,
    logs: { readonly level: string | undefined; readonly era: 'modern' | 'legacy' },
  ) {
    this.#declared = capabilities;
    this.capabilities = capabilities === undefined ? NOTHING : (capabilities as unknown as JsonObject);
    this.logLevel = logs.level;
    const tell: CallerChannel['notify'] = (method, params) => reply.notify(method, params);
    // A client of 2026-07-28 that names a level is not served here.
    this.#tell = logs.era === 'legacy' ? tell : withoutLogs(tell);
    if (logs.era === 'modern') this.takesTasks = false;
  }

  async request({ method }: CallerQuestion): Promise<JsonObject> {
    refuseUnable(this.#declared, method);
    // Calls that may ask somebody who can answer are the SDK's.
    throw new RpcError({ code: METHOD_NOT_FOUND, message: `Method not found: nobody can answer ${method} here` });
  }

  notify(method: string, params: JsonObject | undefined): void {
    this.#tell(method, params);
  }
}
