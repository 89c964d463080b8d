import { isHostVariable } from './host-variables.ts';
import { howToAllow, manifestVariables, scopeOf } from './layers.ts';
import { variableValue } from './reference-reader.ts';
import { mayHoldSecret, type SchemaPlace } from './schema-place.ts';
import type { ConfigRequest } from './types.ts';

/** The fields of a connection that say the same as a config key, as an operator reads them. */
const CONNECTION_FIELDS: ReadonlyMap<string, string> = new Map([
  ['base_url', 'remote_cluster_url'],
  ['api_token', 'auth.token (with auth.type: bearer)'],
]);

/** Every place where a key can be set, each as a sentence to follow; what is nearest to done comes first. */
export function placesOf(key: string, place: SchemaPlace, request: ConfigRequest): readonly string[] {
  const scope = scopeOf(place);
  const variables = manifestVariables(place).filter((name) => !isHostVariable(name));
  const waiting = variables.filter((name) => !isAllowed(name, request) && isSet(name, request));
  const others = variables.filter((name) => !waiting.includes(name));
  return [
    ...waiting.map(
      (name) => `The variable ${name} is set, but this pack may not read it: ${howToAllow(name, request)}.`,
    ),
    ...(scope === 'connection' ? [] : [systemPlace(key, place, request)]),
    ...(scope === 'system' ? [] : [connectionPlace(key, request)]),
    ...others.map((name) =>
      isAllowed(name, request)
        ? `Set the variable ${name} in the environment of the host, and start it again.`
        : `Set the variable ${name} in the environment of the host, and let the pack read it: ${howToAllow(name, request)}.`,
    ),
  ];
}

function systemPlace(key: string, place: SchemaPlace, { pack }: ConfigRequest): string {
  const isSecret = mayHoldSecret(place);
  const advice = isSecret ? ' (best as a reference: env:NAME or file:/run/secrets/name)' : '';
  const command = `capstan config set ${pack} ${key} ${isSecret ? '--secret-from-stdin' : 'VALUE'}`;
  return `Set packs.${pack}.config.${key} in capstan.yaml${advice}, or on a running server: ${command}.`;
}

function connectionPlace(key: string, { connection, workspace }: ConfigRequest): string {
  const field = CONNECTION_FIELDS.get(key);
  const what = field === undefined ? `config.${key}` : `config.${key} or ${field}`;
  // A derived connection is written nowhere, so there is nothing to set on it.
  const isWritten = connection !== undefined && !connection.startsWith('system.');
  return isWritten
    ? `Set ${what} of connection ${connection} in workspace ${workspace}.`
    : `Set ${what} of a connection of this pack in workspace ${workspace}.`;
}

function isAllowed(name: string, { environment }: ConfigRequest): boolean {
  return environment.allowed.has(name);
}

function isSet(name: string, { environment }: ConfigRequest): boolean {
  return variableValue(name, environment) !== undefined;
}
