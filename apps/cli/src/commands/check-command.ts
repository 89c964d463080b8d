import { formatDiagnostic } from '@capstan/schema';
import type { Command } from 'commander';
import type { CheckItem } from '../check/check-item.ts';
import { gatherFacts } from '../check/gather-facts.ts';
import { LESSON_CHECKS } from '../check/lesson-checks.ts';
import { PLATFORM_CHECKS } from '../check/platform-checks.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK, exitCodeOf } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { oneLine } from '../output/display-text.ts';
import { examples } from '../output/examples.ts';
import type { Printer } from '../output/printer.ts';
import { findPlaces } from '../places.ts';
import { readSettings } from '../read-settings.ts';

interface CheckFlags {
  readonly production?: boolean;
}

/** `capstan check`. */
export function addCheckCommand(program: Command, run: CommandRunner): void {
  program
    .command('check')
    .description('whether the settings are right; with --production, whether this is ready for other people’s agents')
    .option('--production', 'one line with evidence for each item of the checklist')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan check', 'read capstan.yaml as a start would'],
        ['capstan check --production', 'the exit code is 0 where nothing failed, 5 where something did'],
        ['capstan check --production -o json', 'the same for a pipeline'],
      ]),
    )
    .action((flags: CheckFlags, command: Command) =>
      run(command, flags.production === true ? checkProduction : checkSettings),
    );
}

async function checkSettings({ io, options, printer }: CommandContext): Promise<number> {
  const places = findPlaces(io, options);
  const reading = readSettings(io, places);
  const warnings = reading?.warnings ?? [];
  if (printer.format === 'json') printer.json({ config: places.config ?? null, warnings });
  else {
    for (const warning of warnings) printer.note(formatDiagnostic(warning));
    printer.text(`${printer.paint.good('✓')} ${places.config ?? 'no capstan.yaml: the defaults hold'}`);
  }
  return EXIT_OK;
}

async function checkProduction(context: CommandContext): Promise<number> {
  const { printer } = context;
  const facts = await gatherFacts(context);
  const lesson = LESSON_CHECKS.map((check) => check(facts));
  const platform = PLATFORM_CHECKS.map((check) => check(facts));
  const items = [...lesson, ...platform];
  const failed = items.filter(({ verdict }) => verdict === 'fail').length;
  const warned = items.filter(({ verdict }) => verdict === 'warn').length;
  if (printer.format === 'json') printer.json({ ready: failed === 0, origin: facts.origin, failed, warned, items });
  else {
    const width = Math.max(...items.map(({ name }) => name.length));
    const lines = [
      printer.paint.heading('checklist of the lesson'),
      ...lesson.flatMap((item) => itemLines(item, width, printer)),
      '',
      printer.paint.heading('platform'),
      ...platform.flatMap((item) => itemLines(item, width, printer)),
      '',
      `${items.length} items: ${items.length - failed - warned} pass, ${warned} to look at, ${failed} failed (${facts.origin})`,
    ];
    printer.text(lines.join('\n'));
  }
  return failed === 0 ? EXIT_OK : exitCodeOf('CAPSTAN_NEEDS_CONFIG');
}

function itemLines({ name, verdict, evidence, hint }: CheckItem, width: number, { paint }: Printer): readonly string[] {
  const sign = { pass: paint.good('✓'), warn: paint.warn('!'), fail: paint.bad('✗') }[verdict];
  const line = `${sign} ${name.padEnd(width)}  ${oneLine(evidence)}`;
  return hint === undefined ? [line] : [line, `  ${' '.repeat(width)}  ${paint.quiet(`→ ${oneLine(hint)}`)}`];
}
