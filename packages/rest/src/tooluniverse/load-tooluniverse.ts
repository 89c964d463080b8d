import { createHash } from 'node:crypto';
import { compileSchema } from '@capstan/schema';
import type { JsonObject, JsonSchema } from '@capstan/sdk';
import { isObject } from '../json-object.ts';
import { numberIn, textIn, textsIn } from './entry-fields.ts';
import { type EntryFilter, isWanted } from './entry-filter.ts';
import { MCP_TYPES, readMcpServer } from './mcp-server.ts';
import { readEntries, type ToolUniverseSource } from './read-entries.ts';
import { planRestTool, settingKey, settingOf } from './rest-plan.ts';
import type {
  ToolPlace,
  ToolUniverseLoad,
  ToolUniverseMcpServer,
  ToolUniverseReport,
  ToolUniverseStatus,
  ToolUniverseTool,
  ToolUniverseWork,
} from './tooluniverse-tool.ts';
import { unsupportedType } from './unsupported-type.ts';

/** Options of {@link loadToolUniverse}. */
export interface ToolUniverseOptions extends EntryFilter {
  /** Whether a variable is set, as far as the operator lets these tools know. Default: none is. */
  readonly isSet?: (variable: string) => boolean;
}

/**
 * Loads tool files of ToolUniverse. Every entry is in the report, whatever it is; a broken file, or a broken tool, hides
 * no other. Never throws.
 */
export function loadToolUniverse(
  sources: ToolUniverseSource | readonly ToolUniverseSource[],
  options: ToolUniverseOptions = {},
): ToolUniverseLoad {
  const loader = new Loader(options);
  for (const source of isList(sources) ? sources : [sources]) {
    for (const entry of readEntries(source)) {
      if (entry.ok) loader.add(entry.value, entry.place);
      else loader.refuse(entry.place, entry.problem, 'Mend the file; its other lines and other files are loaded.');
    }
  }
  return loader;
}

function isList(sources: ToolUniverseSource | readonly ToolUniverseSource[]): sources is readonly ToolUniverseSource[] {
  return Array.isArray(sources);
}

interface Named {
  readonly name: string;
  readonly type: string;
  readonly place: ToolPlace;
}

class Loader implements ToolUniverseLoad {
  readonly tools: ToolUniverseTool[] = [];
  readonly mcpServers: ToolUniverseMcpServer[] = [];
  readonly report: ToolUniverseReport[] = [];
  readonly #isSet: (variable: string) => boolean;
  readonly #filter: EntryFilter;
  /** The content of the first entry of each name. */
  readonly #known = new Map<string, string>();

  constructor({ isSet = () => false, ...filter }: ToolUniverseOptions) {
    this.#isSet = isSet;
    this.#filter = filter;
  }

  refuse(place: ToolPlace, reason: string, hint: string, named: Partial<Named> = {}): void {
    const { name, type } = named;
    this.report.push({ place, name, type, status: 'invalid', variables: [], reason, hint, notes: [] });
  }

  add(entry: unknown, place: ToolPlace): void {
    const name = isObject(entry) ? textIn(entry, 'name') : undefined;
    const type = isObject(entry) ? textIn(entry, 'type') : undefined;
    const named = { ...(name === undefined ? {} : { name }), ...(type === undefined ? {} : { type }) };
    if (!isObject(entry)) this.refuse(place, 'an entry is an object', 'Write one object for each tool.');
    else if (name === undefined) this.refuse(place, 'it has no name', 'Give it a name.', named);
    else if (type === undefined) this.refuse(place, 'it has no type', 'Give it a type.', named);
    else if (!isWanted({ name, type, group: groupOf(entry, place) }, this.#filter)) return;
    else if (MCP_TYPES.includes(type)) this.#addServer(entry, { name, type, place });
    else this.#addTool(entry, { name, type, place });
  }

  #addServer(entry: JsonObject, named: Named): void {
    const reading = readMcpServer(entry, named);
    if (!reading.ok) {
      const { reason, hint } = reading;
      this.report.push({ ...named, status: 'unsupported', variables: [], reason, hint, notes: [] });
      return;
    }
    const { name, notes, isNew } = this.#claim(entry, named.name);
    if (isNew) this.mcpServers.push({ ...reading.server, name });
    this.#reportRunning(named, reading.server.variables, notes);
  }

  #addTool(entry: JsonObject, named: Named): void {
    const schema = schemaIn(entry);
    const compilation = compileSchema(schema, { origin: 'foreign' });
    if (!compilation.ok) {
      this.refuse(
        named.place,
        `its parameter is no schema: ${compilation.problems[0]?.message}`,
        'Write a JSON Schema.',
        named,
      );
      return;
    }
    const planned =
      named.type === 'BaseRESTTool' ? planRestTool(entry) : { ok: false as const, ...unsupportedType(entry, named) };
    const { name, notes, isNew } = this.#claim(entry, named.name);
    const work: ToolUniverseWork = planned.ok
      ? { kind: 'rest', plan: planned.plan, needs: planned.variables.map(settingKey) }
      : { kind: 'unsupported', reason: planned.reason, hint: planned.hint };
    if (isNew) {
      const settings = planned.ok ? planned.settings : settingsOf(entry);
      const host = planned.ok ? planned.plan.backend.host : undefined;
      this.tools.push({ ...toolOf(entry, named), name, inputSchema: schema, settings, host, work });
    }
    const allNotes = [...notes, ...compilation.warnings];
    if (planned.ok) this.#reportRunning(named, planned.variables, allNotes);
    else {
      const { reason, hint } = planned;
      this.report.push({ ...named, status: 'unsupported', variables: [], reason, hint, notes: allNotes });
    }
  }

  #reportRunning(named: Named, needed: readonly string[], notes: readonly string[]): void {
    const variables = needed.filter((variable) => !this.#isSet(variable));
    const status: ToolUniverseStatus = variables.length === 0 ? 'runnable' : 'needs_config';
    const missing = {
      reason: `${variables.join(', ')} ${variables.length === 1 ? 'is' : 'are'} not set`,
      hint: `Set ${variables.map((variable) => `the variable ${variable}, or the setting ${settingKey(variable)}`).join('; ')}.`,
    };
    this.report.push({ ...named, status, variables, ...(variables.length === 0 ? {} : missing), notes });
  }

  /** The first of a name keeps it. The same tool again is the same tool; another one gets a name with a hash. */
  #claim(
    entry: JsonObject,
    name: string,
  ): { readonly name: string; readonly notes: readonly string[]; readonly isNew: boolean } {
    const { _source: _file, ...content } = entry;
    const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
    const known = this.#known.get(name);
    if (known === undefined) {
      this.#known.set(name, digest);
      return { name, notes: [], isNew: true };
    }
    if (known === digest) return { name, notes: [`it is the same as an earlier entry, "${name}"`], isNew: false };
    return this.#claimOther(name, digest);
  }

  #claimOther(
    taken: string,
    digest: string,
  ): { readonly name: string; readonly notes: readonly string[]; readonly isNew: boolean } {
    const name = `${taken}_${digest.slice(0, 6)}`;
    const isNew = !this.#known.has(name);
    this.#known.set(name, digest);
    return { name, notes: [`another entry has the name "${taken}": this one is called "${name}"`], isNew };
  }
}

function groupOf(entry: JsonObject, place: ToolPlace): string {
  return textIn(entry, '_source') ?? place.path;
}

function schemaIn({ parameter }: JsonObject): JsonSchema {
  return isObject(parameter) ? parameter : { type: 'object', properties: {} };
}

/** The keys of tools that do not run here are settings all the same: a person may want to know. */
function settingsOf(entry: JsonObject): ToolUniverseTool['settings'] {
  return Object.fromEntries(
    textsIn(entry, 'required_api_keys').map((variable) => [settingKey(variable), settingOf(variable)]),
  );
}

function toolOf(
  entry: JsonObject,
  { name, type, place }: Named,
): Omit<ToolUniverseTool, 'name' | 'inputSchema' | 'settings' | 'host' | 'work'> {
  const { return_schema: returned, test_examples: written } = entry;
  const seconds = numberIn(entry, 'timeout');
  return {
    aliases: textsIn(entry, 'aliases'),
    description: textIn(entry, 'description') ?? name,
    category: textIn(entry, 'category'),
    tags: textsIn(entry, 'tags'),
    returnSchema: isObject(returned) ? returned : undefined,
    examples: (Array.isArray(written) ? written : []).filter(isObject),
    timeoutMs: seconds === undefined ? undefined : Math.round(seconds * 1_000),
    cacheTtlS: numberIn(entry, 'cache_ttl'),
    type,
    group: groupOf(entry, place),
    place,
  };
}
