import { holdsReference } from '@capstan/config';
import { createRedactor, MASK } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { Pack } from '../packs/pack.ts';
import type { HostSettings } from '../settings/host-settings.ts';
import { isMapping, jsonMapping } from '../settings/json-node.ts';
import { isClosedPath } from '../settings/settings-schema.ts';
import { type DeclaredState, namesOf } from '../state/declared-state.ts';
import type { PlannedChange, SettingsPlan } from './host-administration.ts';
import { differencesOf, type SettingDifference, type SettingPath } from './settings-difference.ts';

/** What a plan is made of. */
export interface PlanParts {
  readonly declared: DeclaredState;
  /** What the host was started with. */
  readonly initial: HostSettings;
  readonly packs: ReadonlyMap<string, Pack>;
}

interface Scene extends PlanParts {
  readonly next: HostSettings;
}

/** What can change while the host runs. Everything else holds from the start. */
const LIVE: ReadonlySet<string> = new Set(['version', 'discover', 'packs', 'workspaces', 'references']);

/** What would change with other settings; secrets are masked. What needs a restart is compared with what the host started with. */
export function settingsPlan(next: HostSettings, parts: PlanParts): SettingsPlan {
  const { declared, initial } = parts;
  const scene: Scene = { ...parts, next };
  const live = differencesOf(declared.settings.document, next.document).filter(({ path }) => isLive(path));
  const restart = differencesOf(initial.document, next.document).filter(({ path }) => !isLive(path));
  return {
    changes: live.map((difference) => planned(difference, scene)),
    restart: restart.map((difference) => planned(difference, scene)),
  };
}

function isLive([top = '']: SettingPath): boolean {
  return LIVE.has(top);
}

function planned({ path, before, after }: SettingDifference, scene: Scene): PlannedChange {
  const note = noteOn(path, after, scene.declared);
  return {
    kind: before === undefined ? 'add' : after === undefined ? 'remove' : 'change',
    path: path.join('.'),
    ...(before === undefined ? {} : { before: shown(path, before, scene) }),
    ...(after === undefined ? {} : { after: shown(path, after, scene) }),
    ...(note === undefined ? {} : { note }),
  };
}

/** What becomes of what was written at run time. */
function noteOn(path: SettingPath, after: JsonValue | undefined, declared: DeclaredState): string | undefined {
  const [top, workspace = '', list, id = ''] = path;
  if (top === 'packs' && list === 'config') return configNote(path, after, declared);
  if (top !== 'workspaces') return undefined;
  const { made, connections, enablements, settings, mcpServers } = declared.runtimeOf(workspace);
  if (path.length === 2 && after !== undefined && made !== undefined)
    return 'made at run time; the file counts from now on';
  if (path.length === 2 && after === undefined && made === undefined) {
    const size = connections.size + enablements.size + settings.size + mcpServers.size;
    return size === 0 ? undefined : 'what was written in it at run time stays in the store, out of use';
  }
  if (list === 'connections' && after !== undefined && connections.has(id)) {
    return 'written at run time, too; the file counts from now on';
  }
  return undefined;
}

function configNote(
  [, pack = '', , key = '']: SettingPath,
  after: JsonValue | undefined,
  declared: DeclaredState,
): string | undefined {
  if (after === undefined) return undefined;
  const isSet = [declared.state, ...declared.state.workspaces.values()].some(
    ({ settings }) => settings.get(pack)?.has(key) === true,
  );
  return isSet ? 'set at run time, too; the file counts from now on' : undefined;
}

/** A value as it may be seen: what is declared secret, or not declared at all, is masked; a reference only names a secret. */
function shown(path: SettingPath, value: JsonValue, scene: Scene): JsonValue {
  const config = configSchemaAt(path, value, scene);
  if (config !== undefined) return config;
  if (isMapping(value)) {
    return Object.fromEntries(
      Object.entries(jsonMapping(value)).map(([key, member]) => [
        key,
        member === undefined ? undefined : shown([...path, key], member, scene),
      ]),
    );
  }
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, index) => shown([...path, entryName(item, index)], item, scene));
  }
  const isReference = typeof value === 'string' && holdsReference(value);
  return isClosedPath(schemaPath(path)) && !isReference ? MASK : value;
}

function entryName(item: JsonValue, index: number): string {
  const { id, name } = jsonMapping(item);
  return typeof id === 'string' ? id : typeof name === 'string' ? name : String(index);
}

/** Entries of lists go by name in a plan, and by number in the schema. */
function schemaPath(path: SettingPath): readonly (string | number)[] {
  return path.map((step, index) => {
    const list = path[index - 1] ?? '';
    return LISTS.has(list) || (list === 'packs' && index === 3) ? 0 : step;
  });
}

const LISTS: ReadonlySet<string> = new Set([
  'connections',
  'keys',
  'environment',
  'egress',
  'variables',
  'files',
  'discover',
  'remote_cluster_urls',
]);

/** The config of a pack: its own schema says what is secret. A pack that nobody found shows nothing. */
function configSchemaAt(path: SettingPath, value: JsonValue, { packs, declared, next }: Scene): JsonValue | undefined {
  const at = path[0] === 'packs' ? 2 : 4;
  if (path[at] !== 'config') return undefined;
  const pack = packNamed(packs, packOf(path, [declared.settings, next]));
  const inside = path.slice(at + 1);
  const whole = inside.reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), value);
  const schema = pack?.body.kind === 'loaded' ? pack.body.manifest.configSchema : undefined;
  const masked = schema === undefined ? maskAll(whole) : createRedactor(schema)(whole);
  return withReferences(stepInto(masked, inside), value);
}

function packOf([top, name = '', , id]: SettingPath, settings: readonly HostSettings[]): string {
  if (top === 'packs') return name;
  const connections = settings.flatMap(({ workspaces }) => workspaces.get(name)?.connections ?? []);
  return connections.find((connection) => connection.id === id)?.pack ?? '';
}

function packNamed(packs: ReadonlyMap<string, Pack>, name: string): Pack | undefined {
  return [...packs.values()].find((pack) => namesOf(pack).includes(name));
}

function stepInto(value: JsonValue | undefined, path: readonly string[]): JsonValue {
  let found: JsonValue | undefined = value;
  for (const step of path) found = jsonMapping(found)[step];
  return found ?? MASK;
}

function maskAll(value: JsonValue): JsonValue {
  if (!isMapping(value)) return MASK;
  const members = Object.entries(jsonMapping(value)).map(([key, member]) => [key, maskAll(member ?? null)] as const);
  return Object.fromEntries(members);
}

/** Where something was masked that is a reference, the reference is shown. */
function withReferences(masked: JsonValue, value: JsonValue | undefined): JsonValue {
  if (masked === MASK && typeof value === 'string' && holdsReference(value) && !value.includes(MASK)) return value;
  if (!isMapping(masked)) return masked;
  const plain: JsonObject = jsonMapping(value);
  return Object.fromEntries(
    Object.entries(jsonMapping(masked)).map(([key, member]) => [key, withReferences(member ?? null, plain[key])]),
  );
}
