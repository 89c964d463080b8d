import { pointerPath } from '@capstan/schema';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import { v7 as uuidv7 } from 'uuid';
import type { Pack } from '../packs/pack.ts';
import { jsonMapping } from '../settings/json-node.ts';
import { namesOf } from '../state/declared-state.ts';
import { runtimeConnection } from '../state/runtime-connection.ts';
import type { RuntimeConnection } from '../state/runtime-state.ts';
import { toolTypes } from '../workspace/workspace-packs.ts';
import type { Actor } from './actor.ts';
import type { AdministrationParts } from './administration-parts.ts';
import { formatProblems, packProblems, valueProblems } from './connection-checks.ts';
import { connectionIn, ownedByFile } from './file-ownership.ts';
import type { HostAdministration, WrittenConnectionView } from './host-administration.ts';
import { type InputProblem, refuseProblems } from './input-problem.ts';
import { mergePatch } from './merge-patch.ts';
import { joinSecrets, type SplitDocument, splitConnection } from './secret-parts.ts';

type Part = HostAdministration['connections'];

/** Makes, changes and deletes connections at run time. */
export class ConnectionAdministration implements Part {
  readonly #parts: AdministrationParts;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
  }

  async create(workspace: string, definition: JsonObject, actor: Actor): Promise<WrittenConnectionView> {
    const id = typeof definition.id === 'string' ? definition.id : `con_${uuidv7()}`;
    const whole = { ...definition, id };
    await this.#parts.lane.make({
      act: { act: 'connection.create', target: id, workspace, details: detailsOf(whole) },
      actor,
      prepare: () => {
        this.#parts.workspace(workspace);
        return [this.#checked(workspace, whole, undefined)];
      },
    });
    return this.written(workspace, id);
  }

  async change(workspace: string, idOrName: string, patch: JsonObject, actor: Actor): Promise<WrittenConnectionView> {
    let id = idOrName;
    await this.#parts.lane.make({
      act: { act: 'connection.change', target: idOrName, workspace, details: { fields: Object.keys(patch) } },
      actor,
      prepare: () => {
        const before = this.#own(workspace, idOrName);
        id = before.id;
        if (patch.id !== undefined && patch.id !== id) {
          refuseProblems([{ pointer: '/id', message: 'the id of a connection stays what it is' }]);
        }
        return [this.#checked(workspace, patched(before.connection, patch), id)];
      },
    });
    return this.written(workspace, id);
  }

  async remove(workspace: string, idOrName: string, actor: Actor): Promise<{ readonly id: string }> {
    let id = idOrName;
    await this.#parts.lane.make({
      act: { act: 'connection.delete', target: idOrName, workspace },
      actor,
      prepare: () => {
        id = this.#own(workspace, idOrName).id;
        return [{ kind: 'remove_connection', workspace, id }];
      },
    });
    return { id };
  }

  written(workspace: string, idOrName: string): WrittenConnectionView {
    const { id, connection } = this.#own(workspace, idOrName);
    const { definition, secrets, by, at } = connection;
    return { id, workspace, definition, secrets: [...secrets.keys()], setBy: by, setAt: at };
  }

  list(workspace: string): readonly WrittenConnectionView[] {
    this.#parts.workspace(workspace);
    const ids = this.#parts.declared.runtimeOf(workspace).connections.keys();
    return [...ids].map((id) => this.written(workspace, id));
  }

  #own(workspace: string, idOrName: string): { readonly id: string; readonly connection: RuntimeConnection } {
    this.#parts.workspace(workspace);
    const { declared } = this.#parts;
    const { connections } = declared.runtimeOf(workspace);
    const found =
      [...connections].find(([id]) => id === idOrName) ??
      [...connections].find(([, { definition }]) => definition.name === idOrName);
    if (found !== undefined) return { id: found[0], connection: found[1] };
    const position = connectionIn(declared.settings, workspace, idOrName);
    const shown = JSON.stringify(idOrName.slice(0, 128));
    if (position !== undefined) throw ownedByFile(`the connection ${shown}`, position);
    throw new CapstanError(
      'CAPSTAN_CONNECTION_NOT_FOUND',
      `no connection ${shown} was written in workspace ${workspace}`,
      {
        hint: 'List those of the workspace: capstan connection list. One that the host derives is written nowhere.',
        details: { candidates: [...connections.keys()] },
      },
    );
  }

  /** @param before The id of the one that it replaces. */
  #checked(workspace: string, definition: JsonObject, before: string | undefined) {
    const { declared } = this.#parts;
    const format = formatProblems(workspace, definition);
    refuseProblems(format);
    this.#refuseTaken(workspace, definition, before);
    const pack = this.#pack(definition);
    refuseProblems(packProblems(definition, pack, this.#known(pack)));
    const split = splitConnection(definition, schemaOf(pack));
    const settings = runtimeConnection(namedSplit(split), declared.settings.references);
    refuseProblems(pack === undefined ? [] : this.#values(workspace, pack, definition, settings));
    return { kind: 'put_connection', workspace, id: settings.id, ...namedSplit(split) } as const;
  }

  #values(
    workspace: string,
    pack: Pack,
    definition: JsonObject,
    settings: ReturnType<typeof runtimeConnection>,
  ): readonly InputProblem[] {
    return valueProblems(definition, this.#parts.workspacePacks.tryConnection(workspace, pack, settings));
  }

  /** An id is unique in a host; ids and names together in a workspace, since a call names a connection by either. */
  #refuseTaken(workspace: string, { id, name }: JsonObject, before: string | undefined): void {
    const { declared } = this.#parts;
    const words = [id, name].filter((word) => typeof word === 'string');
    for (const word of words) {
      const position = connectionIn(declared.settings, workspace, word);
      if (position !== undefined) throw ownedByFile(`a connection by the name '${word}'`, position);
    }
    const others = [...declared.runtimeOf(workspace).connections].filter(([other]) => other !== before);
    const sameWord = others.find(
      ([other, { definition }]) => words.includes(other) || words.some((word) => word === definition.name),
    );
    if (sameWord !== undefined) throw taken(words.join(' or '), sameWord[0], workspace);
    for (const [otherWorkspace, { connections }] of declared.state.workspaces) {
      if (otherWorkspace !== workspace && typeof id === 'string' && connections.has(id))
        throw taken(id, id, otherWorkspace);
    }
    for (const { id: otherWorkspace, connections } of declared.settings.workspaces.values()) {
      const found = connections.find((connection) => connection.id === id);
      if (otherWorkspace !== workspace && found)
        throw ownedByFile(`a connection with the id '${String(id)}'`, found.position);
    }
  }

  #pack({ pack: code }: JsonObject): Pack | undefined {
    return [...this.#parts.packs.values()].find((pack) => namesOf(pack).includes(String(code)));
  }

  #known(pack: Pack | undefined) {
    return {
      packs: [...this.#parts.packs.keys()],
      toolTypes: pack === undefined ? new Set<string>() : toolTypes(pack),
    };
  }
}

function patched(before: RuntimeConnection, patch: JsonObject): JsonObject {
  const whole = joinSecrets({ document: before.definition, secrets: before.secrets }, pointerPath);
  const type = jsonMapping(patch.auth).type;
  const isOtherAuth = type !== undefined && type !== jsonMapping(whole.auth).type;
  return mergePatch(isOtherAuth ? { ...whole, auth: {} } : whole, patch);
}

function namedSplit({ document, secrets }: SplitDocument) {
  return { definition: document, secrets };
}

function schemaOf(pack: Pack | undefined) {
  return pack?.body.kind === 'loaded' ? pack.body.manifest.configSchema : {};
}

/** Never a value: it may be a secret. */
function detailsOf({ pack, tool_type: toolType, connection_type: type }: JsonObject): JsonObject {
  const said = Object.entries({ pack, tool_type: toolType, connection_type: type });
  return Object.fromEntries(said.filter(([, value]) => typeof value === 'string'));
}

function taken(words: string, id: string, workspace: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', `${words} is taken by the connection ${id} of workspace ${workspace}`, {
    hint: 'Ids are unique in a host, names and ids together in a workspace. Choose another, or change that connection.',
  });
}
