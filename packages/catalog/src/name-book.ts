import { exposedNameOf, type NamedTool } from './exposed-name.ts';

/**
 * The exposed names of one workspace.
 *
 * A name once given stays with its tool, also while its pack is disabled: a newcomer never takes it over.
 */
export class NameBook {
  readonly #names = new Map<string, string>();
  readonly #owners = new Map<string, string>();

  /** @param recorded Names that were given before, by tool id. One that somebody else has by now is given anew. */
  constructor(recorded: Iterable<readonly [toolId: string, name: string]> = []) {
    for (const [toolId, name] of recorded) if (!this.#owners.has(name.toLowerCase())) this.#record(toolId, name);
  }

  /** How many names were given: when it has grown, there is something to record. */
  get size(): number {
    return this.#names.size;
  }

  /** The exposed name of a tool, given now if it has none. */
  nameOf(tool: NamedTool): string {
    const toolId = `${tool.packCode}.${tool.toolName}`;
    const known = this.#names.get(toolId);
    if (known !== undefined) return known;
    const name = exposedNameOf(tool, (candidate) => this.#owners.has(candidate.toLowerCase()));
    this.#record(toolId, name);
    return name;
  }

  /**
   * Takes over a name that was given elsewhere: it counts, whatever was given here. Whoever had it here is given another
   * when it is asked for.
   */
  adopt(toolId: string, name: string): void {
    const before = this.#names.get(toolId);
    if (before !== undefined && before !== name) this.#owners.delete(before.toLowerCase());
    const owner = this.#owners.get(name.toLowerCase());
    if (owner !== undefined && owner !== toolId) this.#names.delete(owner);
    this.#record(toolId, name);
  }

  /** The tool id behind an exposed name. */
  toolIdOf(name: string): string | undefined {
    const toolId = this.#owners.get(name.toLowerCase());
    return toolId !== undefined && this.#names.get(toolId) === name ? toolId : undefined;
  }

  /** Everything given so far, to be recorded. */
  entries(): Iterable<readonly [toolId: string, name: string]> {
    return this.#names;
  }

  #record(toolId: string, name: string): void {
    this.#names.set(toolId, name);
    this.#owners.set(name.toLowerCase(), toolId);
  }
}
