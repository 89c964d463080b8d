import type { Clock, JsonObject, Logger } from '@capstan/sdk';
import type { StoredToolPin } from '@capstan/store';
import type { DriftMode } from '../settings/host-settings.ts';
import type { ToolDrift, ToolEntry } from '../workspace/tool-entry.ts';
import type { ContractPins } from './contract-pins.ts';
import { contractOf, type ToolContract } from './tool-contract.ts';

/** A tool on its way into a workspace. */
type NewTool = Pick<ToolEntry, 'definition' | 'owner' | 'server'>;

/** What {@link ToolContracts} works with. */
export interface ToolContractsOptions {
  readonly pins: ContractPins;
  readonly kept: readonly StoredToolPin[];
  readonly modeOf: (workspaceId: string) => DriftMode;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who accepted what came with the enablement itself. */
const ENABLEMENT = 'system:enablement';
/** Where a contract keeps which source its tool came from; no part of what is compared. */
const SOURCE_KEY = 'source';

/**
 * Compares what tools are with what was accepted of them.
 *
 * 1. The first tools of a source in a workspace are accepted with its enablement.
 * 2. After that, a tool whose contract is another is `changed`; and one that was not there is `new` where the source is a
 *    remote server, which can add tools without anybody having enabled them.
 * 3. A pin is overwritten by an operator alone, or by the mode `accept`.
 */
export class ToolContracts {
  readonly #options: ToolContractsOptions;
  readonly #pins = new Map<string, StoredToolPin>();
  /** Sources that were accepted, by workspace. */
  readonly #sources = new Set<string>();
  #unsaved: StoredToolPin[] = [];

  constructor(options: ToolContractsOptions) {
    this.#options = options;
    for (const pin of options.kept) this.#hold(pin, String(pin.contract[SOURCE_KEY]));
  }

  /** The drift of tools that come together, by tool id; what is accepted is not among them. */
  judge(workspaceId: string, tools: readonly NewTool[]): ReadonlyMap<string, ToolDrift> {
    const isFirst = new Set(tools.map(sourceOf).filter((source) => !this.#sources.has(`${workspaceId} ${source}`)));
    return new Map(
      tools.flatMap((tool) => {
        const drift = this.#judge(workspaceId, tool, isFirst.has(sourceOf(tool)));
        return drift === undefined ? [] : [[tool.definition.id, drift] as const];
      }),
    );
  }

  /** Accepts a tool as it is. Durable when it resolves. */
  async accept(workspaceId: string, tool: NewTool, by: string): Promise<void> {
    const pin = this.#pinOf(workspaceId, tool, { by, contract: contractOf(tool.definition) });
    await this.#options.pins.save([pin]);
    this.#hold(pin, sourceOf(tool));
  }

  #judge(workspaceId: string, tool: NewTool, isFirst: boolean): ToolDrift | undefined {
    const { modeOf, logger } = this.#options;
    const current = contractOf(tool.definition);
    const { digest } = current;
    const pin = this.#pins.get(`${workspaceId} ${tool.definition.id}`);
    if (pin?.digest === digest) return undefined;
    const isNewOfRemote = pin === undefined && !isFirst && tool.server !== undefined;
    const mode = modeOf(workspaceId);
    if (mode === 'accept' || (pin === undefined && !isNewOfRemote)) {
      this.#pin(this.#pinOf(workspaceId, tool, { by: ENABLEMENT, contract: current }), sourceOf(tool));
      return undefined;
    }
    const kind = pin === undefined ? 'new' : 'changed';
    logger.warn(`the definition of a tool is ${kind}`, { workspace: workspaceId, tool: tool.definition.id, mode });
    return { kind, isBlocked: mode === 'block', before: pin && withoutSource(pin.contract), after: current.contract };
  }

  #pinOf(
    workspace: string,
    tool: NewTool,
    { by: acceptedBy, contract: current }: { readonly by: string; readonly contract: ToolContract },
  ): StoredToolPin {
    const source = sourceOf(tool);
    return {
      workspace,
      toolId: tool.definition.id,
      digest: current.digest,
      get contract(): JsonObject {
        return { ...current.contract, [SOURCE_KEY]: source };
      },
      acceptedAt: this.#options.clock.now(),
      acceptedBy,
    };
  }

  #pin(pin: StoredToolPin, source: string): void {
    this.#hold(pin, source);
    if (this.#unsaved.length === 0) setImmediate(() => void this.#save());
    this.#unsaved.push(pin);
  }

  async #save(): Promise<void> {
    const pins = this.#unsaved;
    this.#unsaved = [];
    try {
      await this.#options.pins.save(pins);
    } catch (cause) {
      this.#options.logger.error('the definitions of tools could not be pinned', { tools: pins.length, cause });
    }
  }

  #hold(pin: StoredToolPin, source: string): void {
    this.#pins.set(`${pin.workspace} ${pin.toolId}`, pin);
    this.#sources.add(`${pin.workspace} ${source}`);
  }
}

function sourceOf({ owner, server }: NewTool): string {
  return server === undefined ? owner : `${owner}/${server}`;
}

function withoutSource({ [SOURCE_KEY]: _source, ...contract }: JsonObject): JsonObject {
  return contract;
}
