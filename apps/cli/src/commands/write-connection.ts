import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { Command } from 'commander';
import type { ConfigFormJson, WrittenConnectionJson } from '../backend/administration.ts';
import type { Backend } from '../backend/backend.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { jsonFlag, ownsUrl, ownUrlOf } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { readJsonInput } from '../tool-arguments/json-input.ts';
import { secretFromFile, secretFromStdin } from './secret-input.ts';
import { readValue } from './write-config.ts';

interface WriteFlags {
  readonly pack?: string;
  readonly type?: string;
  readonly url?: string | undefined;
  readonly name?: string;
  readonly set?: readonly string[];
  readonly unset?: readonly string[];
  readonly secretFromStdin?: string;
  readonly secretFile?: readonly string[];
  readonly definition?: string;
}

/** `capstan connection add`, `update`, `show` and `remove`. */
export function addWriteConnectionCommands(connection: Command, run: CommandRunner): void {
  writeOptions(connection.command('add [id]'))
    .description('make a connection on a running server; its tools can be called at once')
    .option('--pack <code>', 'the pack whose tools use it')
    .option('--type <tool-type>', 'the type of those tools, such as line')
    .addHelpText(
      'after',
      examples([
        [
          'echo "$TOKEN" | capstan connection add main --pack line_pack --type line --url https://line.example.com --secret-from-stdin auth.token',
          'with a bearer token',
        ],
        ['capstan connection add --definition @connection.json', 'whole, as in capstan.yaml'],
      ]),
    )
    .action((id: string | undefined, flags: WriteFlags, command: Command) =>
      run(command, (context) => addConnection(context, id, { ...flags, url: ownUrlOf(command) })),
    );
  writeOptions(connection.command('update <id>'))
    .description('change a connection on a running server; what is not named stays, secrets too')
    .option('--unset <field>', 'take a field away; may be repeated', collect)
    .addHelpText(
      'after',
      examples([
        ['capstan connection update main --url https://line-2.example.com', 'the next call goes there'],
        ['capstan connection update main --secret-file auth.token=/run/secrets/line', 'another token'],
      ]),
    )
    .action((id: string, flags: WriteFlags, command: Command) =>
      run(command, (context) => updateConnection(context, id, { ...flags, url: ownUrlOf(command) })),
    );
  connection
    .command('show <id>')
    .description('show a connection as it was written, without its secrets')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan connection show main', 'and where a secret is kept']]))
    .action((id: string, _flags: object, command: Command) => run(command, (context) => showConnection(context, id)));
  connection
    .command('remove <id>')
    .description('delete a connection from a running server, with its secrets and grants')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan connection remove main', 'calls under way end as they began']]))
    .action((id: string, _flags: object, command: Command) => run(command, (context) => removeConnection(context, id)));
}

function writeOptions(command: Command): Command {
  return ownsUrl(command)
    .option('--url <url>', 'where the service is')
    .option('--name <name>', 'by which a call may name it')
    .option(
      '--set <field=value>',
      'config.region=eu, remote_connection_id=C1, auth.type=basic; may be repeated',
      collect,
    )
    .option('--secret-from-stdin <field>', 'read this field from stdin, such as auth.token')
    .option('--secret-file <field=path>', 'read this field from a file; may be repeated', collect)
    .option('--definition <object>', 'the fields as a JSON object; - reads stdin, @file a file')
    .addOption(jsonFlag());
}

async function addConnection(context: CommandContext, id: string | undefined, flags: WriteFlags): Promise<number> {
  const { options, printer, backend } = context;
  const host = await backend();
  const given = await fieldsOf(context, flags, host, flags.pack);
  const body = { ...(id === undefined ? {} : { id }), ...given };
  const path = ['workspaces', options.workspace, 'connections'];
  const written = await host.administer<WrittenConnectionJson>({ method: 'POST', path, body });
  if (printer.format === 'json') printer.json(written);
  else printer.text(`${writtenText(written)}\nnext: capstan connection test ${written.id} -w ${options.workspace}`);
  return EXIT_OK;
}

async function updateConnection(context: CommandContext, id: string, flags: WriteFlags): Promise<number> {
  const { options, printer, backend } = context;
  const host = await backend();
  const path = ['workspaces', options.workspace, 'connections', id];
  const { definition } = await host.administer<WrittenConnectionJson>({ method: 'GET', path });
  const body = await fieldsOf(context, flags, host, textOf(definition.pack));
  const written = await host.administer<WrittenConnectionJson>({ method: 'PATCH', path, body });
  if (printer.format === 'json') printer.json(written);
  else printer.text(writtenText(written));
  return EXIT_OK;
}

async function showConnection({ options, printer, backend }: CommandContext, id: string): Promise<number> {
  const path = ['workspaces', options.workspace, 'connections', id];
  const written = await (await backend()).administer<WrittenConnectionJson>({ method: 'GET', path });
  if (printer.format === 'json') printer.json(written);
  else printer.text(writtenText(written));
  return EXIT_OK;
}

async function removeConnection({ options, printer, backend }: CommandContext, id: string): Promise<number> {
  const path = ['workspaces', options.workspace, 'connections', id];
  const removed = await (await backend()).administer<JsonObject>({ method: 'DELETE', path });
  if (printer.format === 'json') printer.json(removed);
  else printer.text(`connection ${String(removed.removed)} is deleted from workspace ${options.workspace}`);
  return EXIT_OK;
}

async function fieldsOf(
  { io, options }: CommandContext,
  flags: WriteFlags,
  host: Backend,
  pack: string | undefined,
): Promise<JsonObject> {
  const whole = flags.definition === undefined ? {} : await readJsonInput(flags.definition, io);
  const named: JsonObject = withoutUndefined({
    pack: flags.pack,
    tool_type: flags.type,
    name: flags.name,
    remote_cluster_url: flags.url,
  });
  const set = (flags.set ?? []).map((word) => pair(word, '--set'));
  const schema = set.some(([field]) => field.startsWith('config.'))
    ? await schemaOf(host, options.workspace, pack ?? textOf(whole.pack))
    : {};
  let fields: JsonObject = { ...whole, ...named };
  for (const [field, text] of set) fields = withField(fields, field, readField(field, text, schema));
  for (const field of flags.unset ?? []) fields = withField(fields, field, null);
  for (const word of flags.secretFile ?? []) {
    const [field, path] = pair(word, '--secret-file');
    fields = withSecret(fields, field, await secretFromFile(io, path));
  }
  const fromStdin = flags.secretFromStdin;
  return fromStdin === undefined ? fields : withSecret(fields, fromStdin, await secretFromStdin(io));
}

async function schemaOf(host: Backend, workspace: string, pack: string | undefined): Promise<JsonObject> {
  if (pack === undefined) return {};
  const path = ['workspaces', workspace, 'packs', pack, 'config', 'schema'];
  return (await host.administer<ConfigFormJson>({ method: 'GET', path })).schema;
}

function readField(field: string, text: string, schema: JsonObject): JsonValue {
  const [place, key = ''] = field.split('.');
  return place === 'config' ? readValue(text, schema, key) : text;
}

/** Whoever gives a token means to bear it. */
function withSecret(fields: JsonObject, field: string, secret: string): JsonObject {
  const { auth } = fields;
  const isAuthGiven = typeof auth === 'object' && auth !== null && 'type' in auth;
  const typed = field === 'auth.token' && !isAuthGiven ? withField(fields, 'auth.type', 'bearer') : fields;
  return withField(typed, field, secret);
}

function withField(fields: JsonObject, field: string, value: JsonValue): JsonObject {
  const [place = '', ...rest] = field.split('.');
  if (rest.length === 0) return { ...fields, [place]: value };
  const inner = fields[place];
  const before = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {};
  return { ...fields, [place]: withField(before, rest.join('.'), value) };
}

function writtenText({ id, workspace, definition, secrets, set_by, set_at }: WrittenConnectionJson): string {
  const { id: _id, ...fields } = definition;
  return [
    `connection ${id} of workspace ${workspace}, set by ${set_by} at ${set_at}`,
    ...Object.entries(fields).map(
      ([key, value]) => `  ${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    ...secrets.map((pointer) => `  ${pointer.slice(1).replaceAll('/', '.')}: ●●●●`),
    '',
  ].join('\n');
}

function pair(word: string, flag: string): readonly [string, string] {
  const at = word.indexOf('=');
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw usageError(`${flag} needs a field, "=" and what it is to be`, `Write ${flag} auth.type=basic, for example.`);
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function withoutUndefined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function collect(word: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, word];
}
