import { holdsReference } from '@capstan/config';
import type { ConfigInput, ConfigKey, ConfigSettingView, Host } from '@capstan/host';
import type { Caller } from '@capstan/identity';
import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import { actorOf, IF_MATCH } from './act-as.ts';
import { textIn } from './json-reader.ts';
import type { Route, RouteBody, RouteRequest, RouteSchema } from './route.ts';
import { component, withRevision } from './route-schemas.ts';
import { isoTime } from './wire-views.ts';

/** The system layer of packs' config, and what a form for it is made of. */
export function configRoutes(host: Host): readonly Route[] {
  return [
    configForm(host),
    listSettings(host, WORKSPACE_LIST),
    setKey(host, WORKSPACE_KEY),
    unsetKey(host, WORKSPACE_KEY),
    listSettings(host, HOST_LIST),
    setKey(host, HOST_KEY),
    unsetKey(host, HOST_KEY),
  ];
}

/** Where config is set: for one workspace, or for all of them. */
interface ConfigPlace {
  readonly path: string;
  /** Behind the verb of an operation id. */
  readonly noun: string;
  readonly where: string;
  readonly access: 'operator' | 'admin';
  readonly workspaceOf: (request: Pick<RouteRequest, 'workspace'>) => string | undefined;
}

const IN_WORKSPACE = {
  where: 'in a workspace',
  access: 'operator',
  workspaceOf: ({ workspace }) => workspace,
} as const satisfies Partial<ConfigPlace>;
const IN_HOST = {
  where: 'in all workspaces',
  access: 'admin',
  workspaceOf: () => undefined,
} as const satisfies Partial<ConfigPlace>;

const WORKSPACE_LIST: ConfigPlace = {
  ...IN_WORKSPACE,
  path: '/v1/workspaces/{workspace}/config',
  noun: 'WorkspaceConfig',
};
const WORKSPACE_KEY: ConfigPlace = {
  ...IN_WORKSPACE,
  path: '/v1/workspaces/{workspace}/packs/{code}/config/{key}',
  noun: 'WorkspaceConfig',
};
const HOST_LIST: ConfigPlace = { ...IN_HOST, path: '/v1/config', noun: 'HostConfig' };
const HOST_KEY: ConfigPlace = { ...IN_HOST, path: '/v1/packs/{code}/config/{key}', noun: 'HostConfig' };

const BODY: RouteBody = {
  required: true,
  variants: [
    {
      type: 'object',
      required: ['value'],
      properties: { value: { description: 'As the schema of the pack wants it. `env:NAME` and such are references.' } },
      additionalProperties: false,
    },
    {
      type: 'object',
      required: ['secret'],
      properties: {
        secret: {
          type: 'string',
          minLength: 1,
          maxLength: 65_536,
          description:
            'For a key that the pack calls secret: taken as it is, never for a reference, and never given back.',
        },
      },
      additionalProperties: false,
    },
  ],
  example: { value: 'https://line.example.com' },
};

function configForm(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/packs/{code}/config/schema',
    operationId: 'showConfigForm',
    tag: 'packs',
    summary: 'The config schema of a pack, with hints for a form',
    description:
      '`ui_schema` has the keys of react-jsonschema-form: the hints of the pack, and those made of its schema.',
    access: 'operator',
    responses: {
      200: {
        type: 'object',
        required: ['schema', 'ui_schema'],
        properties: { schema: { type: 'object' }, ui_schema: { type: 'object' } },
        additionalProperties: false,
      },
    },
    errors: [
      'CAPSTAN_WORKSPACE_NOT_FOUND',
      'CAPSTAN_PACK_NOT_FOUND',
      'CAPSTAN_PACK_REJECTED',
      'CAPSTAN_PACK_UNTRUSTED',
    ],
    handle: ({ path }) => {
      const { schema, uiSchema } = host.administration.config.form(path.code ?? '');
      return { status: 200, body: { schema, ui_schema: uiSchema } };
    },
  };
}

function listSettings(host: Host, place: ConfigPlace): Route {
  return {
    method: 'get',
    path: place.path,
    operationId: `list${place.noun}`,
    tag: 'administration',
    summary: `List the config that was set ${place.where}`,
    description: 'What `capstan.yaml` says is not among it: `GET …/packs/{code}/config?explain=true` shows all of it.',
    access: place.access,
    responses: { 200: withRevision(component('ConfigSetting')) },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: (request) => {
      const { config, revision } = host.administration;
      return { status: 200, body: { items: config.list(place.workspaceOf(request)).map(settingJson), revision } };
    },
  };
}

const ERRORS = [
  'CAPSTAN_WORKSPACE_NOT_FOUND',
  'CAPSTAN_PACK_NOT_FOUND',
  'CAPSTAN_CONFLICT',
  'CAPSTAN_STORE_UNAVAILABLE',
] as const;

function setKey(host: Host, place: ConfigPlace): Route {
  return {
    method: 'put',
    path: place.path,
    operationId: `set${place.noun}`,
    tag: 'administration',
    summary: `Set a key of the config of a pack ${place.where}`,
    description: 'It goes before connections, environment and defaults, and behind `capstan.yaml`.',
    access: place.access,
    headers: IF_MATCH,
    body: BODY,
    responses: { 200: component('ConfigSetting') },
    errors: [...ERRORS, 'CAPSTAN_REFERENCE_FORBIDDEN'],
    handle: async (request) => {
      const input = inputOf(request.body);
      refuseReferences(request.caller, input);
      const set = await host.administration.config.set(targetOf(place, request), input, actorOf(request));
      return { status: 200, body: settingJson(set) };
    },
  };
}

function unsetKey(host: Host, place: ConfigPlace): Route {
  const removed: RouteSchema = { type: 'object', required: ['removed'], properties: { removed: { type: 'string' } } };
  return {
    method: 'delete',
    path: place.path,
    operationId: `unset${place.noun}`,
    tag: 'administration',
    summary: `Unset a key of the config of a pack ${place.where}`,
    access: place.access,
    headers: IF_MATCH,
    responses: { 200: removed },
    errors: [...ERRORS, 'CAPSTAN_NOT_FOUND'],
    handle: async (request) => {
      const target = targetOf(place, request);
      await host.administration.config.unset(target, actorOf(request));
      return { status: 200, body: { removed: target.key } };
    },
  };
}

function targetOf(place: ConfigPlace, request: RouteRequest): ConfigKey {
  const workspace = place.workspaceOf(request);
  const { code = '', key = '' } = request.path;
  return { pack: code, key, ...(workspace === undefined ? {} : { workspace }) };
}

function inputOf(body: JsonObject): ConfigInput {
  const secret = textIn(body, 'secret');
  return secret === undefined ? { kind: 'value', value: body.value ?? null } : { kind: 'secret', value: secret };
}

/** A reference of the system layer reads any variable and file of the host: that is for whoever manages the host. */
function refuseReferences(caller: Caller, input: ConfigInput): void {
  if (caller.scopes.has('host:manage') || input.kind === 'secret' || !refers(input.value)) return;
  throw new CapstanError('CAPSTAN_REFERENCE_FORBIDDEN', 'only an admin may set config that refers to the host', {
    hint: 'Send the value itself; a secret goes in as { "secret": "…" }.',
  });
}

function refers(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return holdsReference(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member) => refers(member));
}

function settingJson({ pack, key, workspace, value, isSecret, setBy, setAt }: ConfigSettingView): JsonObject {
  return {
    pack,
    key,
    ...(workspace === undefined ? {} : { workspace }),
    ...(value === undefined ? {} : { value }),
    secret: isSecret,
    set_by: setBy,
    set_at: isoTime(setAt),
  };
}
