import { type Command, Option } from 'commander';
import type { CommandRunner } from '../command-context.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { listPacks } from './list-packs.ts';
import { NEW_PACK_KINDS, type NewPackKind } from './new-pack-files.ts';
import type { FromOpenApiFlags } from './pack-from-document.ts';
import { switchPack } from './switch-pack.ts';
import type { TestFlags } from './test-packs.ts';

interface ValidateFlags {
  readonly strict?: boolean;
  readonly schema?: string;
}

interface DocsFlags {
  readonly write?: boolean;
  readonly check?: boolean;
}

interface EnableFlags {
  readonly allowEnv?: string;
}

/** `capstan pack …`. */
export function addPackCommands(program: Command, run: CommandRunner): void {
  const pack = program.command('pack').description('see, check, enable and disable packs');
  addList(pack, run);
  addValidate(pack, run);
  addFromOpenApi(pack, run);
  addNew(pack, run);
  addTest(pack, run);
  addDocs(pack, run);
  addSwitches(pack, run);
}

function addList(pack: Command, run: CommandRunner): void {
  pack
    .command('list')
    .description('list the packs, their states, and what is missing')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan pack list', 'as workspace default sees them'],
        ['capstan pack list -w support --json', 'for a program'],
      ]),
    )
    .action((_flags: object, command: Command) => run(command, listPacks));
}

function addValidate(pack: Command, run: CommandRunner): void {
  pack
    .command('validate')
    .description('check packs without running them; exit code 2 when there is an error')
    .argument('<path...>', "a pack's folder, or its manifest")
    .option('--strict', 'warnings count as errors')
    .option('--schema <file>', 'check the manifest against this JSON Schema too')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan pack validate ./my-pack', 'every problem with its place'],
        ['capstan pack validate packs/* --strict', 'in a build'],
      ]),
    )
    .action((paths: readonly string[], flags: ValidateFlags, command: Command) =>
      run(command, async (context) => {
        const { validatePacks } = await import('./validate-packs.ts');
        return validatePacks(context, paths, flags);
      }),
    );
}

function addNew(pack: Command, run: CommandRunner): void {
  pack
    .command('new')
    .description('make a new pack that validates and tests clean')
    .argument('<code>', 'the pack code: lower-case letters, digits and _')
    .argument('[folder]', 'where it goes; default: a folder of the same name')
    .addOption(
      new Option('--kind <kind>', 'how its tools work: declared HTTP calls, the remote tool contract, or code')
        .choices(NEW_PACK_KINDS)
        .default('http'),
    )
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan pack new order_desk --kind code', 'with a tool in TypeScript']]))
    .action((code: string, folder: string | undefined, { kind }: { kind: NewPackKind }, command: Command) =>
      run(command, async (context) => {
        const { newPack } = await import('./new-pack.ts');
        return newPack(context, { code, folder, kind });
      }),
    );
}

function addTest(pack: Command, run: CommandRunner): void {
  pack
    .command('test')
    .description('run the examples of packs in a test host; exit code 6 when one fails')
    .argument('<path...>', "a pack's folder")
    .option('--set <key=value...>', 'settings of the pack; without base_url its remote tools call a stand-in')
    .option('--writes', 'call tools that may change something, too; against the stand-in all are called')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan pack test ./my-pack', 'against a stand-in that answers by the output schemas'],
        ['capstan pack test ./my-pack --set base_url=http://127.0.0.1:8080 api_token=t', 'against a real service'],
      ]),
    )
    .action((paths: readonly string[], flags: TestFlags, command: Command) =>
      run(command, async (context) => {
        const { testPacks } = await import('./test-packs.ts');
        return testPacks(context, paths, flags);
      }),
    );
}

function addFromOpenApi(pack: Command, run: CommandRunner): void {
  pack
    .command('from-openapi')
    .description('make a pack of an OpenAPI 3.0 or 3.1 document: one tool for each operation')
    .argument('<document>', 'the document, JSON or YAML')
    .argument('[folder]', 'where the pack goes; default: a folder named after the pack code')
    .option('--code <code>', 'the pack code; default: made of the title of the document')
    .option('--include <what...>', 'only these operations: tag:NAME, a path such as /repos/**, or an operation id')
    .option('--exclude <what...>', 'not these operations')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan pack from-openapi github.json packs/github', 'every operation'],
        ['capstan pack from-openapi github.json --include tag:issues --exclude "/repos/*/*/issues/events/**"', 'some'],
      ]),
    )
    .action((document: string, folder: string | undefined, flags: FromOpenApiFlags, command: Command) =>
      run(command, async (context) => {
        const { packFromDocument } = await import('./pack-from-document.ts');
        return packFromDocument(context, { document, folder, ...flags });
      }),
    );
}

function addDocs(pack: Command, run: CommandRunner): void {
  pack
    .command('docs')
    .description('the README of a pack, made of its manifest')
    .argument('<path...>', "a pack's folder")
    .option('--write', "write it into the pack's README.md")
    .option('--check', 'exit code 2 when the README is not what the manifest makes')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan pack docs ./my-pack', 'to read'],
        ['capstan pack docs packs/openweather --write', 'after a change of the manifest'],
        ['capstan pack docs packs/openweather --check', 'in a build'],
      ]),
    )
    .action((paths: readonly string[], flags: DocsFlags, command: Command) =>
      run(command, async (context) => {
        const { documentPacks } = await import('./document-packs.ts');
        return documentPacks(context, paths, flags);
      }),
    );
}

function addSwitches(pack: Command, run: CommandRunner): void {
  pack
    .command('enable')
    .description('enable a pack in a workspace; takes effect at once on a running server')
    .argument('<code>', 'the pack code')
    .option('--allow-env <names>', 'variables that it may read from then on, with commas between')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan pack enable example_remote_http -w support', 'its tools appear in workspace support'],
        ['capstan pack enable weather --allow-env WEATHER_API_KEY', 'and it may read this variable'],
      ]),
    )
    .action((code: string, flags: EnableFlags, command: Command) => {
      const environment = (flags.allowEnv ?? '').split(',').flatMap((name) => name.trim() || []);
      return run(command, (context) => switchPack(context, { code, enabled: true, environment }));
    });
  pack
    .command('disable')
    .description('disable a pack in a workspace')
    .argument('<code>', 'the pack code')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan pack disable example_remote_http -w support', 'its tools disappear']]))
    .action((code: string, _flags: object, command: Command) =>
      run(command, (context) => switchPack(context, { code, enabled: false })),
    );
}
