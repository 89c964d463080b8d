import { createToolSearch, NameBook, type ToolSearch } from '@capstan/catalog';
import { CapstanError } from '@capstan/sdk';
import type { PackInWorkspace } from './pack-in-workspace.ts';
import type { ToolDrift, ToolEntry } from './tool-entry.ts';

/** An enabled pack and its tools. */
export interface EnabledPack {
  readonly instance: PackInWorkspace;
  readonly tools: readonly Omit<ToolEntry, 'exposedName'>[];
}

/** Says which tools are not what was accepted, by tool id. */
export type DriftJudge = (
  workspaceId: string,
  tools: readonly Omit<ToolEntry, 'exposedName'>[],
) => ReadonlyMap<string, ToolDrift>;

/** What {@link Workspace} begins with. */
export interface WorkspaceOptions {
  /** Exposed names that were given before, by tool id. */
  readonly names?: Readonly<Record<string, string>>;
  /** Where its revisions begin: one that was gone for a while does not repeat those that somebody knows. */
  readonly revision?: number;
  readonly judge?: DriftJudge;
}

/** What one team sees: enabled packs, and the tools under every name by which they can be called. */
export class Workspace {
  readonly id: string;
  readonly #names: NameBook;
  readonly #packs = new Map<string, EnabledPack>();
  readonly #byId = new Map<string, ToolEntry>();
  readonly #byName = new Map<string, ToolEntry>();
  #sorted: readonly ToolEntry[] | undefined;
  #search: ToolSearch | undefined;
  #revision: number;
  readonly #judge: DriftJudge;

  constructor(id: string, { names = {}, revision = 0, judge = () => new Map() }: WorkspaceOptions = {}) {
    this.#judge = judge;
    this.id = id;
    this.#names = new NameBook(Object.entries(names));
    this.#revision = revision;
  }

  /** Every exposed name given so far, of tools that are gone too. */
  get names(): NameBook {
    return this.#names;
  }

  /** Grows with every change of the tools. */
  get revision(): number {
    return this.#revision;
  }

  /** By tool id, exposed name or alias, in this order of precedence. */
  find(name: string): ToolEntry | undefined {
    return this.#byId.get(name) ?? this.#byName.get(name);
  }

  pack(code: string): EnabledPack | undefined {
    return this.#packs.get(code);
  }

  /** Puts the tools of a pack. One whose id somebody else has is left out: the first owner keeps it. */
  enable(code: string, pack: EnabledPack): void {
    this.#packs.set(code, pack);
    for (const tool of this.#judged(pack.tools)) if (!this.#byId.has(tool.definition.id)) this.#put(tool, code);
    this.#changed();
  }

  disable(code: string): void {
    const pack = this.#packs.get(code);
    if (!pack) return;
    this.#packs.delete(code);
    for (const { definition, runner } of pack.tools) {
      if (this.#byId.get(definition.id)?.runner === runner) this.#remove(definition.id);
    }
    this.#changed();
  }

  /** @throws CapstanError CAPSTAN_TOOL_DUPLICATE naming both owners */
  add(tool: Omit<ToolEntry, 'exposedName'>, namespace: string): void {
    this.refuseTaken(tool);
    this.#put(tool, namespace);
    this.#changed();
  }

  /** @throws CapstanError CAPSTAN_TOOL_DUPLICATE naming both owners */
  refuseTaken(tool: Omit<ToolEntry, 'exposedName'>): void {
    const { id } = tool.definition;
    const first = this.#byId.get(id);
    if (first) {
      throw new CapstanError(
        'CAPSTAN_TOOL_DUPLICATE',
        `the tool ${id} belongs to ${first.owner} already; ${tool.owner === first.owner ? 'it' : tool.owner} cannot register another`,
        {
          details: { tool: id, owners: [first.owner, tool.owner] },
        },
      );
    }
  }

  remove(toolId: string): void {
    this.#remove(toolId);
    this.#changed();
  }

  /**
   * Puts the tools of a source in the place of those that stood here for it. One whose id somebody else has is left out.
   * @returns Whether anything changed.
   */
  replace(previous: readonly string[], tools: readonly Omit<ToolEntry, 'exposedName'>[], namespace: string): boolean {
    if (previous.length === 0 && tools.length === 0) return false;
    for (const id of previous) this.#remove(id);
    for (const tool of this.#judged(tools)) if (!this.#byId.has(tool.definition.id)) this.#put(tool, namespace);
    this.#changed();
    return true;
  }

  /** Takes over names that another replica gave first. @returns whether a tool here has another name now */
  adoptNames(names: Readonly<Record<string, string>>): boolean {
    for (const [toolId, name] of Object.entries(names)) this.#names.adopt(toolId, name);
    const renamed = [...this.#byId.values()].filter(
      (entry) => this.#names.nameOf(namedTool(entry)) !== entry.exposedName,
    );
    for (const { definition } of renamed) this.#remove(definition.id);
    for (const { exposedName: _before, ...tool } of renamed) this.#put(tool, namedTool(tool).packCode);
    if (renamed.length > 0) this.#changed();
    return renamed.length > 0;
  }

  /** A tool was accepted as it is. @returns whether it still stands here */
  settleDrift({ definition, exposedName: _given, drift: _settled, ...tool }: ToolEntry): boolean {
    if (this.#byId.get(definition.id)?.runner !== tool.runner) return false;
    this.#remove(definition.id);
    this.#put({ ...tool, definition }, namedTool({ definition }).packCode);
    this.#changed();
    return true;
  }

  /** All tools, by exposed name. */
  tools(): readonly ToolEntry[] {
    this.#sorted ??= [...this.#byId.values()].sort((a, b) => (a.exposedName < b.exposedName ? -1 : 1));
    return this.#sorted;
  }

  /** Tools that words find, best first. */
  search(words: string): readonly ToolEntry[] {
    this.#search ??= createToolSearch(this.tools());
    return this.#search.find(words).flatMap((name) => this.find(name) ?? []);
  }

  #judged(tools: readonly Omit<ToolEntry, 'exposedName'>[]): readonly Omit<ToolEntry, 'exposedName'>[] {
    const drifts = this.#judge(this.id, tools);
    if (drifts.size === 0) return tools;
    return tools.map((tool) => {
      const drift = drifts.get(tool.definition.id);
      return drift === undefined ? tool : { ...tool, drift };
    });
  }

  #put(tool: Omit<ToolEntry, 'exposedName'>, namespace: string): void {
    const { id, name, aliases } = tool.definition;
    const exposedName = this.#names.nameOf({ packCode: namespace, toolName: name });
    const entry: ToolEntry = { ...tool, exposedName };
    this.#byId.set(id, entry);
    this.#byName.set(exposedName, entry);
    for (const alias of aliases) if (!this.#byName.has(alias)) this.#byName.set(alias, entry);
  }

  #remove(toolId: string): void {
    const entry = this.#byId.get(toolId);
    if (!entry) return;
    this.#byId.delete(toolId);
    for (const name of [entry.exposedName, ...entry.definition.aliases]) {
      if (this.#byName.get(name) === entry) this.#byName.delete(name);
    }
  }

  #changed(): void {
    this.#sorted = undefined;
    this.#search = undefined;
    this.#revision += 1;
  }
}

/** What the names of a tool are made of. */
function namedTool({ definition: { id, name } }: Pick<ToolEntry, 'definition'>): {
  readonly packCode: string;
  readonly toolName: string;
} {
  return { packCode: id.slice(0, -name.length - 1), toolName: name };
}
