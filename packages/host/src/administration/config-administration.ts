import { formHints, holdsReference, resolveConfig } from '@capstan/config';
import { createRedactor, suggest } from '@capstan/schema';
import { CapstanError, type JsonSchema, type JsonValue } from '@capstan/sdk';
import type { Pack } from '../packs/pack.ts';
import { jsonMapping } from '../settings/json-node.ts';
import type { RuntimeSetting, RuntimeSettings } from '../state/runtime-state.ts';
import type { Actor } from './actor.ts';
import type { AdministrationParts } from './administration-parts.ts';
import { configKeyIn, ownedByFile } from './file-ownership.ts';
import type {
  ConfigForm,
  ConfigInput,
  ConfigKey,
  ConfigSettingView,
  HostAdministration,
} from './host-administration.ts';
import { type InputProblem, refuseProblems } from './input-problem.ts';

type Part = HostAdministration['config'];

/** Sets and unsets the system layer of packs' config at run time. */
export class ConfigAdministration implements Part {
  readonly #parts: AdministrationParts;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
  }

  async set(target: ConfigKey, input: ConfigInput, actor: Actor): Promise<ConfigSettingView> {
    await this.#parts.lane.make({
      act: { act: 'config.set', ...actTarget(target) },
      actor,
      prepare: () => {
        const pack = this.#pack(target);
        const schema = this.#keySchema(pack, target.key);
        refuseProblems(valueProblems(pack, target, schema, input));
        const isSecret = input.kind === 'secret' || isLiteralSecret(pack, target.key, input.value);
        return [{ kind: 'set_config', ...target, value: input.value, isSecret }];
      },
    });
    const setting = this.#settings(target.workspace).get(target.pack)?.get(target.key);
    if (setting === undefined)
      throw new CapstanError('CAPSTAN_CONFLICT', `somebody unset ${target.key} at this moment`);
    return viewOf(target, setting);
  }

  async unset(target: ConfigKey, actor: Actor): Promise<void> {
    await this.#parts.lane.make({
      act: { act: 'config.unset', ...actTarget(target) },
      actor,
      prepare: () => {
        const isSet = this.#settings(target.workspace).get(target.pack)?.has(target.key) === true;
        if (!isSet) throw this.#notSet(target);
        return [{ kind: 'unset_config', ...target }];
      },
    });
  }

  form(code: string): ConfigForm {
    const pack = this.#pack({ pack: code, key: '' });
    if (pack.body.kind === 'rejected') throw pack.body.error;
    const { configSchema, uiSchema } = pack.body.manifest;
    // What was read from a manifest is plain JSON.
    const schema = jsonMapping(configSchema);
    return { schema, uiSchema: formHints(schema, uiSchema) };
  }

  list(workspace?: string): readonly ConfigSettingView[] {
    const { declared } = this.#parts;
    if (workspace === undefined) return viewsOf(declared.state.settings, undefined);
    this.#parts.workspace(workspace);
    return [
      ...viewsOf(declared.runtimeOf(workspace).settings, workspace),
      ...viewsOf(declared.state.settings, undefined),
    ];
  }

  #pack({ pack: code, workspace }: ConfigKey): Pack {
    if (workspace !== undefined) this.#parts.workspace(workspace);
    const pack = this.#parts.packs.get(code);
    if (pack === undefined)
      throw new CapstanError('CAPSTAN_PACK_NOT_FOUND', `no pack ${JSON.stringify(code.slice(0, 128))}`);
    if (pack.body.kind === 'rejected') throw pack.body.error;
    return pack;
  }

  #keySchema(pack: Pack, key: string): JsonSchema {
    const { properties, additionalProperties } = schemaOf(pack);
    if (Object.hasOwn(properties, key)) {
      const position = configKeyIn(pack, key);
      if (position !== undefined) throw ownedByFile(`${key} of the pack ${pack.code}`, position);
      return properties[key] ?? {};
    }
    if (additionalProperties !== undefined && additionalProperties !== false) return {};
    const known = Object.keys(properties);
    const meant = suggest(key, known);
    const hint =
      meant !== undefined
        ? `Did you mean "${meant}"?`
        : known.length === 0
          ? 'This pack has no config.'
          : `This pack knows: ${known.join(', ')}.`;
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', `the pack ${pack.code} does not know the key '${key}'`, { hint });
  }

  #settings(workspace: string | undefined): RuntimeSettings {
    const { declared } = this.#parts;
    return workspace === undefined ? declared.state.settings : declared.runtimeOf(workspace).settings;
  }

  #notSet({ pack: code, key, workspace }: ConfigKey): CapstanError {
    if (workspace !== undefined) this.#parts.workspace(workspace);
    const pack = this.#parts.packs.get(code);
    const position = pack === undefined ? undefined : configKeyIn(pack, key);
    if (position !== undefined) return ownedByFile(`${key} of the pack ${code}`, position);
    const where = workspace === undefined ? 'for all workspaces' : `in workspace ${workspace}`;
    return new CapstanError('CAPSTAN_NOT_FOUND', `nobody set ${key} of the pack ${code} ${where}`, {
      hint: `See where its value comes from: capstan config explain ${code}${workspace === undefined ? '' : ` -w ${workspace}`}.`,
    });
  }
}

function schemaOf(pack: Pack) {
  if (pack.body.kind === 'rejected') throw pack.body.error;
  return pack.body.manifest.configSchema;
}

function valueProblems(
  pack: Pack,
  { key, workspace }: ConfigKey,
  keySchema: JsonSchema,
  input: ConfigInput,
): readonly InputProblem[] {
  const pointer = `/${input.kind}`;
  if (typeof keySchema === 'object' && keySchema['x-scope'] === 'connection') {
    const hint = 'Set it in the config of the connection: capstan connection update.';
    return [{ pointer, message: `'${key}' belongs to each connection and cannot be set for the whole pack`, hint }];
  }
  if (input.value === '') return [{ pointer, message: `an empty '${key}' counts as unset`, hint: 'Unset it instead.' }];
  if (input.kind === 'secret' && !isSecretKey(pack, key)) {
    return [{ pointer, message: `'${key}' is no secret of the pack`, hint: 'Set it as a plain value.' }];
  }
  return resolutionProblems(pack, { key, workspace }, input).map(({ message, hint }) => ({ pointer, message, hint }));
}

/** As it would be resolved, were this all that anybody says. A reference that nobody has set yet is no mistake. */
function resolutionProblems(
  pack: Pack,
  { key, workspace }: { readonly key: string; readonly workspace: string | undefined },
  { kind, value }: ConfigInput,
) {
  const { problems } = resolveConfig({
    pack: pack.code,
    workspace: workspace ?? '',
    schema: schemaOf(pack),
    system: {
      values: kind === 'value' ? { [key]: value } : {},
      sealed: kind === 'secret' ? { [key]: value } : {},
      references: 'operator',
      sourceOf: () => ({ kind: 'code', description: 'this request' }),
    },
    environment: { variables: {}, allowed: new Set() },
    readFile: () => '',
  });
  return problems.filter((problem) => problem.key === key && problem.code !== 'CAPSTAN_UNRESOLVED_REFERENCE');
}

function isLiteralSecret(pack: Pack, key: string, value: JsonValue): boolean {
  return isSecretKey(pack, key) && !(typeof value === 'string' && holdsReference(value));
}

/** Whether the pack's schema calls a key secret, or something inside of it. */
function isSecretKey(pack: Pack, key: string): boolean {
  const property: unknown = schemaOf(pack).properties[key];
  const probe = { [key]: probeOf(property) };
  return JSON.stringify(createRedactor(schemaOf(pack))(probe)) !== JSON.stringify(probe);
}

/** A value with something at each property that the schema names. */
function probeOf(schema: unknown): JsonValue {
  const properties: unknown =
    typeof schema === 'object' && schema !== null ? Reflect.get(schema, 'properties') : undefined;
  if (typeof properties !== 'object' || properties === null) return 'probe';
  return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, probeOf(inner)]));
}

function actTarget({ pack, key, workspace }: ConfigKey) {
  return { target: `${pack}.${key}`, ...(workspace === undefined ? {} : { workspace }) };
}

function viewsOf(settings: RuntimeSettings, workspace: string | undefined): readonly ConfigSettingView[] {
  const scope = workspace === undefined ? {} : { workspace };
  return [...settings].flatMap(([pack, keys]) =>
    [...keys].map(([key, setting]) => viewOf({ pack, key, ...scope }, setting)),
  );
}

function viewOf(target: ConfigKey, { value, isSecret, by, at }: RuntimeSetting): ConfigSettingView {
  return { ...target, ...(isSecret ? {} : { value }), isSecret, setBy: by, setAt: at };
}
