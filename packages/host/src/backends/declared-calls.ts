import type { PackManifest } from '@capstan/manifest';
import {
  createHttpTool,
  createToolUniverseTool,
  type HttpToolRunner,
  type HttpToolServices,
  missingSettings,
  parseHttpBackend,
} from '@capstan/rest';
import type { JsonObject, ToolConnection } from '@capstan/sdk';
import type { UniverseWork } from '../sources/joined-source.ts';

/** A call that a pack declares, ready to be made. */
export interface DeclaredCall {
  readonly run: HttpToolRunner;
  /** The host of its URL, where the URL is written out. */
  readonly host: string | undefined;
  /** The settings that it lacks over a connection. */
  missing(connection: ToolConnection): readonly string[];
}

/** A call, or why its declaration cannot be used. */
export type DeclaredCallReading =
  | { readonly ok: true; readonly call: DeclaredCall }
  | { readonly ok: false; readonly reason: string };

/** Makes declared calls over the host's one client. */
export interface DeclaredCallFactory {
  http(spec: JsonObject, manifest: PackManifest): DeclaredCallReading;
  universe(name: string, work: UniverseWork, pack: string): DeclaredCall;
}

/** A {@link DeclaredCallFactory}. `servicesOf` says what the calls of a pack are made with. */
export function declaredCallsOver(servicesOf: (pack: string) => HttpToolServices): DeclaredCallFactory {
  return {
    http(spec, { code, configSchema }) {
      const reading = parseHttpBackend(spec, { configKeys: Object.keys(configSchema.properties) });
      if (!reading.ok) {
        const [first] = reading.problems;
        return { ok: false, reason: `http.${first?.path.join('.')}: ${first?.message}` };
      }
      const { backend } = reading;
      const run = createHttpTool(backend, servicesOf(code));
      const missing = (connection: ToolConnection) => missingSettings(backend, connection);
      return { ok: true, call: { run, host: backend.host, missing } };
    },
    universe(name, { plan, needs }, pack) {
      return {
        run: createToolUniverseTool(name, plan, servicesOf(pack)),
        host: plan.backend.host,
        missing: ({ config }) => needs.filter((key) => config[key] === undefined),
      };
    },
  };
}
