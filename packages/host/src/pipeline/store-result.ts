import type { Clock, ContentBlock, InvocationOutcome, InvocationResult, JsonObject, Logger } from '@capstan/sdk';
import { isLargerThan } from '../results/json-size.ts';
import type { ResultStore, StoredResult } from '../results/result-store.ts';
import type { Interceptor, Invocation } from './invocation.ts';

/** The `meta` key under which a program finds where a large result is. */
const STORED_META_KEY = 'capstan/stored_result';
const PREVIEW_LENGTH = 2_000;

interface StoreResultOptions {
  readonly store: ResultStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Larger results are kept back. */
  readonly maxInlineBytes: number;
}

/**
 * Keeps large results out of an agent's context: what goes to MCP and REST is a reference and how the result begins.
 * Other tools and the application itself get the result, and so does everybody when the store fails. What an MCP server
 * gave goes on untouched.
 */
export function storeResultStage(options: StoreResultOptions): Interceptor {
  const { maxInlineBytes } = options;
  return {
    stage: 'store_result',
    intercept(invocation, next) {
      const { surface } = invocation;
      if (surface !== 'mcp' && surface !== 'rest') return next(invocation);
      return next(invocation).then((outcome) => {
        if (outcome.status !== 'succeeded' || outcome.result.verbatim !== undefined) return outcome;
        const { value, content } = outcome.result;
        const isLarge = isLargerThan(value, maxInlineBytes) || isLargerThan(content ?? null, maxInlineBytes);
        return isLarge ? stored(invocation, outcome, options) : outcome;
      });
    },
  };
}

async function stored(
  invocation: Invocation,
  outcome: Extract<InvocationOutcome, { readonly status: 'succeeded' }>,
  { store, clock, logger }: StoreResultOptions,
): Promise<InvocationOutcome> {
  const { workspaceId: workspace, executionId } = invocation;
  const { value, content } = outcome.result;
  const text = JSON.stringify(content === undefined ? value : { content, structured: value });
  try {
    const place = await store.put({ workspace, text, now: clock.now() });
    const hasOutputSchema = invocation.tool?.definition.outputSchema !== undefined;
    return { ...outcome, result: referenceTo(place, { workspace, text, result: outcome.result, hasOutputSchema }) };
  } catch (cause) {
    logger.error('a large result could not be stored and goes out whole', { executionId, cause });
    return outcome;
  }
}

/** With an output schema the value must fit it, so it stays for programs; the text, which agents read, is short. */
function referenceTo(
  { id, bytes, expiresAt }: StoredResult,
  about: {
    readonly workspace: string;
    readonly text: string;
    readonly result: InvocationResult;
    readonly hasOutputSchema: boolean;
  },
): InvocationResult {
  const { workspace, text, result, hasOutputSchema } = about;
  const href = `/v1/workspaces/${workspace}/results/${id}`;
  const place: JsonObject = {
    id,
    href,
    bytes,
    content_type: 'application/json',
    expires_at: new Date(expiresAt).toISOString(),
  };
  const preview = text.slice(0, PREVIEW_LENGTH).replace(/[\ud800-\udbff]$/, '');
  return {
    value: hasOutputSchema ? result.value : { stored_result: place, preview },
    content: [
      {
        type: 'text',
        text: `The result has ${bytes} bytes and is kept as ${id}: GET ${href} gives all of it. It begins:\n${preview}`,
      },
      linkTo(workspace, { id, bytes }),
    ],
    meta: { ...result.meta, [STORED_META_KEY]: place },
  };
}

function linkTo(workspace: string, { id, bytes }: Pick<StoredResult, 'id' | 'bytes'>): ContentBlock {
  return {
    type: 'resource_link',
    uri: `capstan://workspaces/${workspace}/results/${id}`,
    name: id,
    mimeType: 'application/json',
    size: bytes,
  };
}
