import { suggest } from '@capstan/schema';
import { CapstanError, type ErrorCode } from '@capstan/sdk';
import type { Backend } from './backend/backend.ts';
import type { CommandContext } from './command-context.ts';
import { staleSettingsHint } from './stale-settings.ts';

const NOT_FOUND: ReadonlySet<ErrorCode> = new Set([
  'CAPSTAN_CONNECTION_NOT_FOUND',
  'CAPSTAN_PACK_NOT_FOUND',
  'CAPSTAN_TOOL_NOT_FOUND',
  'CAPSTAN_WORKSPACE_NOT_FOUND',
]);

/** An error for a name that leads nowhere, with what was most likely meant, or why the server does not know it yet. */
export async function withNotFoundHint(error: CapstanError, context: CommandContext): Promise<CapstanError> {
  if (!NOT_FOUND.has(error.code)) return error;
  const backend = await context.backend().catch(() => undefined);
  // It could not be opened, and that is the error.
  if (backend === undefined) return error;
  const stale = staleSettingsHint(context.io, context.options, backend.origin);
  const meant = error.code === 'CAPSTAN_PACK_NOT_FOUND' ? await packMeant(error.message, backend, context) : undefined;
  const { code, message, details, retriable, cause } = error;
  const parts = [
    ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
    ...(stale === undefined ? [] : [`${stale}.`]),
  ];
  if (parts.length === 0) return error;
  return new CapstanError(code, message, { hint: [...parts, error.hint].join(' '), details, retriable, cause });
}

/** Errors name the pack in quotes. Where the list cannot be had either, the first error is the one to tell. */
async function packMeant(message: string, backend: Backend, { options }: CommandContext): Promise<string | undefined> {
  const wanted = /['"](?<code>[^'"]+)['"]/u.exec(message)?.groups?.code;
  if (wanted === undefined) return undefined;
  const packs = await backend.listPacks(options.workspace).catch(() => []);
  return suggest(
    wanted,
    packs.map(({ code }) => code),
  );
}
