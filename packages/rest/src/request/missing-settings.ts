import { isCapstanError, type ToolConnection } from '@capstan/sdk';
import { slotsInBackend } from '../backend/backend-slots.ts';
import type { HttpBackend } from '../backend/http-backend.ts';
import { lookUp } from './call-scope.ts';
import { planCredentials } from './credentials.ts';

/** The settings without which a backend cannot be called over a connection: what its calls would be refused for. */
export function missingSettings(backend: HttpBackend, connection: ToolConnection): readonly string[] {
  const named = slotsInBackend({ ...backend, auth: [] }).flatMap((slot) => (slot.kind === 'config' ? [slot.key] : []));
  const unset = named.filter((key) => lookUp(connection.config, key) === undefined);
  return [...new Set([...unset, ...missingCredentials(backend, connection)])];
}

function missingCredentials(backend: HttpBackend, connection: ToolConnection): readonly string[] {
  try {
    planCredentials(backend, connection);
    return [];
  } catch (error) {
    if (!isCapstanError(error) || error.code !== 'CAPSTAN_NEEDS_CONFIG') throw error;
    const { missing } = error.details;
    return Array.isArray(missing) ? missing.flatMap(keyIn) : [];
  }
}

function keyIn(entry: unknown): readonly string[] {
  const key: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'key') : undefined;
  return typeof key === 'string' ? [key] : [];
}
