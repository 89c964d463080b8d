import { createHash } from 'node:crypto';

/** The longest exposed name. Clients put their own prefix before it and stop at 64 characters. */
export const MAX_EXPOSED_NAME_LENGTH = 45;
const FIRST_HASH_LENGTH = 4;

/** What names are made from. */
export interface NamedTool {
  readonly packCode: string;
  readonly toolName: string;
}

/**
 * The exposed name of a tool: letters, digits, `_` and `-`, at most {@link MAX_EXPOSED_NAME_LENGTH} of them.
 *
 * Without the pack code where that is free, with it otherwise, with a hash of the tool id where that is taken too.
 * The same tool and the same taken names always give the same answer.
 */
export function exposedNameOf(tool: NamedTool, isTaken: (name: string) => boolean): string {
  const toolId = `${tool.packCode}.${tool.toolName}`;
  for (const text of [tool.toolName, toolId]) {
    const name = fit(clean(text), toolId);
    if (!isTaken(name)) return name;
  }
  const digest = hash(toolId);
  for (let length = FIRST_HASH_LENGTH; length <= digest.length; length += 1) {
    const name = withHash(clean(toolId), digest.slice(0, length));
    if (!isTaken(name)) return name;
  }
  throw new Error(`every name for ${toolId} is taken`);
}

function clean(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, '_') || '_';
}

function fit(name: string, toolId: string): string {
  return name.length <= MAX_EXPOSED_NAME_LENGTH ? name : withHash(name, hash(toolId).slice(0, FIRST_HASH_LENGTH));
}

/** Cuts at the last word boundary that leaves room for the hash; inside the word where a single word is too long. */
function withHash(name: string, digest: string): string {
  const room = MAX_EXPOSED_NAME_LENGTH - digest.length - 1;
  if (name.length <= room) return `${name}_${digest}`;
  const boundary = Math.max(name.lastIndexOf('_', room), name.lastIndexOf('-', room));
  return `${name.slice(0, boundary > room / 2 ? boundary : room)}_${digest}`;
}

/** Lower-case base 32, so that names that differ only in case never differ only there. */
function hash(toolId: string): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from(createHash('sha256').update(toolId).digest(), (byte) => alphabet.charAt(byte & 31)).join('');
}
