import type { JsonObject } from '@capstan/sdk';
import { objectIn, textIn } from './entry-fields.ts';

/** Why a type does not run here, and the way out. */
export interface UnsupportedType {
  readonly reason: string;
  readonly hint: string;
}

/** A pack whose tool takes the arguments of an entry, and gives its result. */
interface StandIn {
  /** Its code. */
  readonly pack: string;
  readonly tool: string;
  /** The setting of the pack that a setting of the entry is. */
  readonly settings: Readonly<Record<string, string>>;
  /** The host of its service, where it has one. */
  readonly host?: string;
}

/** The packs that do the work of the types that the first documents of Capstan show. */
const STAND_INS: Readonly<Record<string, StandIn>> = {
  RESTAPITool: { pack: 'http_request', tool: 'rest_api_call', settings: {} },
  OpenAITool: {
    pack: 'openai_compatible',
    tool: 'openai_completion',
    settings: { api_key: 'api_token' },
    host: 'api.openai.com',
  },
  WeatherAPITool: {
    pack: 'openweather',
    tool: 'weather_api',
    settings: { api_key: 'api_key' },
    host: 'api.openweathermap.org',
  },
  DatabaseTool: { pack: 'postgres', tool: 'database_query', settings: { database_url: 'database_url' } },
  MicroserviceTool: {
    pack: 'microservice',
    tool: 'microservice_call',
    settings: { service_registry_url: 'registry_url' },
  },
};

/** What to say of an entry that is neither a REST tool nor an MCP server. */
export function unsupportedType(entry: JsonObject, { type, name }: { type: string; name: string }): UnsupportedType {
  const standIn = Object.hasOwn(STAND_INS, type) ? STAND_INS[type] : undefined;
  if (standIn !== undefined) {
    return {
      reason: `a ${type} is the work of the pack "${standIn.pack}", whose tool ${standIn.tool} takes its arguments`,
      hint: `Run "capstan pack enable ${standIn.pack}"${configOf(entry, standIn)}.${strangeAddress(entry, standIn)}`,
    };
  }
  return {
    reason: `a ${type} is Python code of ToolUniverse`,
    hint: `Run it there and add it as an MCP server: tooluniverse-smcp-stdio --include-tools ${name}, under mcp_servers.`,
  };
}

/** What of the entry's settings belongs under `packs` in `capstan.yaml`; a secret is a reference there already. */
function configOf(entry: JsonObject, { pack, settings }: StandIn): string {
  const written = objectIn(entry, 'settings');
  const entries = Object.entries(settings).flatMap(([from, to]) => {
    const value = textIn(written, from);
    return value?.startsWith('env:') ? [`${to}: ${value}`] : [];
  });
  return entries.length === 0 ? '' : ` with packs.${pack}.config: { ${entries.join(', ')} } in capstan.yaml`;
}

/** An address of another service would get the key of this one. */
function strangeAddress(entry: JsonObject, { host }: StandIn): string {
  const written = textIn(objectIn(entry, 'settings'), 'base_url');
  const found = written === undefined ? undefined : URL.parse(written)?.host;
  if (host === undefined || found === undefined || found === host) return '';
  return ` Leave its base_url out: ${found} is another service, which would get the key; the pack calls ${host}.`;
}
