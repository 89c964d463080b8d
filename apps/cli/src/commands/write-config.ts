import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import type { ConfigFormJson, ConfigSettingJson } from '../backend/administration.ts';
import type { Backend } from '../backend/backend.ts';
import type { PageJson } from '../backend/views.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { formatTable } from '../output/table.ts';
import { coerceArgument } from '../tool-arguments/coerce-argument.ts';
import { secretFromFile, secretFromStdin } from './secret-input.ts';

/** A key of a pack's config on the command line. */
export interface ConfigTarget {
  readonly pack: string;
  readonly key: string;
}

export interface SetFlags {
  readonly secretFromStdin?: boolean;
  readonly file?: string;
}

/** `capstan config set`. */
export async function setConfig(
  context: CommandContext,
  target: ConfigTarget,
  value: string | undefined,
  flags: SetFlags,
): Promise<number> {
  const { printer, backend } = context;
  const host = await backend();
  const body = await bodyOf(context, host, target, { value, ...flags });
  const set = await host.administer<ConfigSettingJson>({ method: 'PUT', path: pathOf(context, target), body });
  if (printer.format === 'json') printer.json(set);
  else printer.text(`${target.key} of ${target.pack} is set ${whereText(context)}`);
  return EXIT_OK;
}

/** `capstan config unset`. */
export async function unsetConfig(context: CommandContext, target: ConfigTarget): Promise<number> {
  const { printer, backend } = context;
  const removed = await (await backend()).administer<JsonObject>({ method: 'DELETE', path: pathOf(context, target) });
  if (printer.format === 'json') printer.json(removed);
  else printer.text(`${target.key} of ${target.pack} is not set any more ${whereText(context)}`);
  return EXIT_OK;
}

/** `capstan config list`. */
export async function listConfig(context: CommandContext): Promise<number> {
  const { options, printer, backend } = context;
  const path = options.isWorkspaceGiven ? ['workspaces', options.workspace, 'config'] : ['config'];
  const { items } = await (await backend()).administer<PageJson<ConfigSettingJson>>({ method: 'GET', path });
  if (printer.format === 'json') printer.json({ items });
  else if (items.length === 0)
    printer.text('nothing was set at run time; "capstan config explain PACK" shows where values come from');
  else printer.text(settingTable(items, printer));
  return EXIT_OK;
}

async function bodyOf(
  { io, options: { workspace } }: CommandContext,
  host: Backend,
  { pack, key }: ConfigTarget,
  given: { readonly value: string | undefined } & SetFlags,
): Promise<JsonObject> {
  const ways = [given.value, given.secretFromStdin, given.file].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw usageError(
      'a value, --secret-from-stdin or --file is needed, and one of them',
      'A secret on the command line can be seen by others: use --secret-from-stdin.',
    );
  }
  if (given.secretFromStdin === true) return { secret: await secretFromStdin(io) };
  if (given.file !== undefined) return { secret: await secretFromFile(io, given.file) };
  const { schema } = await host.administer<ConfigFormJson>({
    method: 'GET',
    path: ['workspaces', workspace, 'packs', pack, 'config', 'schema'],
  });
  return { value: readValue(given.value ?? '', schema, key) };
}

/** A text as the type that the schema gives the key; a reference stays one. */
export function readValue(text: string, schema: JsonObject, key: string): JsonValue {
  const property = propertyOf(schema, key);
  const reading = coerceArgument(text, asSchema(schema), property);
  // What does not fit is told by the server, with its place.
  return reading.ok ? reading.value : text;
}

function propertyOf({ properties }: JsonObject, key: string): JsonSchema | undefined {
  const all = asObject(properties);
  return Object.hasOwn(all, key) ? asSchema(asObject(all[key])) : undefined;
}

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function asSchema(value: JsonObject): JsonSchema {
  return value;
}

function pathOf({ options }: CommandContext, { pack, key }: ConfigTarget): readonly string[] {
  const place = ['packs', pack, 'config', key];
  return options.isWorkspaceGiven ? ['workspaces', options.workspace, ...place] : place;
}

function whereText({ options }: CommandContext): string {
  return options.isWorkspaceGiven ? `in workspace ${options.workspace}` : 'in all workspaces';
}

function settingTable(items: readonly ConfigSettingJson[], { paint, width }: CommandContext['printer']): string {
  return formatTable(
    items,
    [
      { title: 'PACK', cell: ({ pack }) => pack },
      { title: 'KEY', cell: ({ key }) => key, paint: (text) => paint.strong(text) },
      { title: 'VALUE', cell: ({ value, secret }) => (secret ? '●●●●' : JSON.stringify(value)), flexible: true },
      { title: 'WORKSPACE', cell: ({ workspace }) => workspace ?? 'all' },
      { title: 'SET BY', cell: ({ set_by }) => set_by, flexible: true },
      { title: 'AT', cell: ({ set_at }) => set_at },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}
