import { createHmac, timingSafeEqual } from 'node:crypto';
import type { McpCaller } from '../gateway.ts';

/** A task of an MCP server behind the gateway. */
export interface UpstreamTaskId {
  /** The server, as the gateway names it. */
  readonly server: string;
  /** What the server calls the task. */
  readonly own: string;
}

const PREFIX = 'up_';

/**
 * Ids of servers' tasks that carry their place, and the mark of the caller they were given to: nothing is kept for
 * them, and with the same secret another replica knows them.
 */
export class SealedTaskIds {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  seal(caller: McpCaller, { server, own }: UpstreamTaskId): string {
    const text = Buffer.from(JSON.stringify([server, own])).toString('base64url');
    return `${PREFIX}${text}.${this.#mark(caller, text).toString('base64url')}`;
  }

  /** Undefined for what is no such id, or one of somebody else. */
  open(caller: McpCaller, id: string): UpstreamTaskId | undefined {
    const [text = '', mark = ''] = id.startsWith(PREFIX) ? id.slice(PREFIX.length).split('.') : [];
    const given = Buffer.from(mark, 'base64url');
    const right = this.#mark(caller, text);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    const [server, own] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as [string, string];
    return { server, own };
  }

  #mark({ workspace, principal }: McpCaller, text: string): Buffer {
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([workspace, principal.id, text]))
      .digest();
  }
}
