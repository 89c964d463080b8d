import type { DocumentPath } from '@capstan/schema';
import { suggest } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';
import type { Pack } from '../packs/pack.ts';
import { checkSchema } from '../settings/check-schema.ts';
import { crossChecks } from '../settings/cross-checks.ts';
import { jsonMapping } from '../settings/json-node.ts';
import type { Binding } from '../workspace/connections.ts';
import { type InputProblem, pointerOf } from './input-problem.ts';

/** In what a connection does not fit the format: the same rules as for one in `capstan.yaml`. */
export function formatProblems(workspace: string, definition: JsonObject): readonly InputProblem[] {
  const packs = typeof definition.pack === 'string' && definition.pack !== '' ? [definition.pack] : [];
  const root = { version: 1, workspaces: { [workspace]: { packs, connections: [definition] } } };
  const place: DocumentPath = ['workspaces', workspace, 'connections', 0];
  return [...checkSchema(root), ...crossChecks(root)]
    .filter(({ path }) => place.every((step, index) => path[index] === step))
    .map(({ path, message, hint }) => ({
      pointer: pointerOf(path.slice(place.length)),
      message: withoutPlace(message, workspace),
      hint: withoutPlace(hint, workspace),
    }));
}

/** Messages name the place in a file; here the body is the connection. */
function withoutPlace(text: string, workspace: string): string {
  const place = `workspaces.${workspace}.connections[0]`;
  return text.replaceAll(`${place}.`, '').replaceAll(place, 'the connection');
}

/** Whether there is such a pack, and a tool of it that would use the connection. */
export function packProblems(
  { pack: code, tool_type: toolType }: JsonObject,
  pack: Pack | undefined,
  known: { readonly packs: readonly string[]; readonly toolTypes: ReadonlySet<string> },
): readonly InputProblem[] {
  if (pack === undefined) {
    const meant = suggest(String(code), known.packs);
    const hint = meant === undefined ? 'List the packs with "capstan pack list".' : `Did you mean "${meant}"?`;
    return [{ pointer: '/pack', message: `there is no pack '${String(code)}'`, hint }];
  }
  if (pack.body.kind === 'rejected') {
    return [{ pointer: '/pack', message: pack.body.error.message, hint: pack.body.error.hint }];
  }
  const { toolTypes } = known;
  if (toolTypes.size === 0 || toolTypes.has(String(toolType))) return [];
  const meant = suggest(String(toolType), toolTypes);
  const hint = meant === undefined ? `The types are ${[...toolTypes].join(', ')}.` : `Did you mean "${meant}"?`;
  return [{ pointer: '/tool_type', message: `no tool of the pack is of the type '${String(toolType)}'`, hint }];
}

/**
 * What is wrong with the values of a connection: keys that the pack does not know, values that do not fit its schema,
 * references that are not allowed. A reference that nobody has set yet is no mistake of the connection.
 */
export function valueProblems(definition: JsonObject, binding: Binding): readonly InputProblem[] {
  const config = jsonMapping(definition.config);
  const { problems, warnings } = binding.resolution;
  const ofConfig = [...problems, ...warnings].filter(({ key }) => isSaidHere(definition, key));
  const found = [...ofConfig, ...binding.problems]
    .filter(({ code }) => code !== 'CAPSTAN_UNRESOLVED_REFERENCE')
    .map(({ key, message, hint }) => ({
      pointer: pointerTo(key, config, binding.id),
      message: message.replace(` (connection layer, connection ${binding.id})`, '').replace(`${binding.id}.`, ''),
      hint,
    }));
  // A token is a key of the config and a field of the connection.
  return [...new Map(found.map((problem) => [problem.pointer, problem])).values()];
}

function isSaidHere({ config, remote_cluster_url: url, auth }: JsonObject, key: string): boolean {
  if (Object.hasOwn(jsonMapping(config), key)) return true;
  if (key === 'base_url') return url !== undefined;
  return key === 'api_token' && jsonMapping(auth).token !== undefined;
}

/** Keys of the config stand in `config`; the fields of the connection that say the same, and its own, beside it. */
function pointerTo(key: string, config: JsonObject, connectionId: string): string {
  if (Object.hasOwn(config, key)) return pointerOf(['config', key]);
  if (key === 'base_url') return '/remote_cluster_url';
  if (key === 'api_token') return '/auth/token';
  return pointerOf(key.replace(`${connectionId}.`, '').split('.'));
}
