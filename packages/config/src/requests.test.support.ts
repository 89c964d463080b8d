import type { JsonSchema, JsonValue } from '@capstan/sdk';
import type { ConfigLayerValues, ConfigRequest, ConfigResolution, ConfigTraceKey } from './types.ts';

/** What a test says of a request; the rest is empty. */
export interface RequestParts {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly schema?: JsonSchema;
  readonly system?: Readonly<Record<string, JsonValue | undefined>>;
  readonly connection?: Readonly<Record<string, JsonValue | undefined>>;
  readonly connectionReferences?: ConfigLayerValues['references'];
  readonly variables?: Readonly<Record<string, string>>;
  /** Default: every variable of the request. */
  readonly allowed?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** A request for pack `demo` in workspace `default`, connection `c1`. */
export function requestOf(parts: RequestParts): ConfigRequest {
  const { system, connection, connectionReferences = 'operator', variables = {}, files = {} } = parts;
  return {
    pack: 'demo',
    workspace: 'default',
    connection: 'c1',
    schema: parts.schema ?? {
      type: 'object',
      properties: parts.properties ?? {},
      ...(parts.required === undefined ? {} : { required: parts.required }),
    },
    ...(system === undefined ? {} : { system: { values: system, sourceOf: fileSource, references: 'operator' } }),
    ...(connection === undefined
      ? {}
      : {
          connectionLayer: {
            values: connection,
            sourceOf: () => ({ kind: 'connection', connectionId: 'c1' }),
            references: connectionReferences,
          },
        }),
    environment: { variables, allowed: new Set(parts.allowed ?? Object.keys(variables)) },
    readFile: (path) => {
      const text = Object.hasOwn(files, path) ? files[path] : undefined;
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
    maskKey: new Uint8Array(32),
  };
}

/** The trace of one key. */
export function traceOf({ trace }: ConfigResolution, key: string): ConfigTraceKey {
  const found = trace.find((entry) => entry.key === key);
  if (found === undefined) throw new Error(`no trace of ${key}`);
  return found;
}

function fileSource(path: readonly string[]): { kind: 'file'; path: string; line: number; column: number } {
  return { kind: 'file', path: 'capstan.yaml', line: path.length, column: 1 };
}
