import { resolve } from 'node:path';
import { inspectPack } from '@capstan/host';
import { toWireError } from '@capstan/sdk';
import type { ExampleResult, PackTest } from '@capstan/testing';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK, exitCodeOf } from '../exit-code.ts';
import { oneLine, plainText } from '../output/display-text.ts';
import type { Printer } from '../output/printer.ts';
import { settingsOf } from '../serve/settings-flags.ts';

/** The options of `capstan pack test`. */
export interface TestFlags {
  /** `key=value` */
  readonly set?: readonly string[];
  readonly writes?: boolean;
}

/** `capstan pack test`: runs the examples of packs in a test host. */
export async function testPacks(
  { io, printer }: CommandContext,
  paths: readonly string[],
  flags: TestFlags,
): Promise<number> {
  // Only this command needs the kit.
  const { testPack } = await import('@capstan/testing');
  const tests: PackTest[] = [];
  for (const path of paths) {
    const folder = resolve(io.cwd, path);
    const { manifest } = inspectPack(folder);
    const config = manifest === undefined ? {} : settingsOf(flags.set ?? [], manifest.configSchema);
    tests.push(await testPack(folder, { config, ...(flags.writes === undefined ? {} : { writes: flags.writes }) }));
  }
  if (printer.format === 'json') printer.json({ items: tests.map(testJson) });
  else printer.text(tests.map((each) => testText(each, printer)).join('\n\n'));
  const hasFailed = tests.some(({ results }) => results.some(({ status }) => status === 'failed'));
  return hasFailed ? exitCodeOf('CAPSTAN_TOOL_FAILED') : EXIT_OK;
}

function testJson({ code, isStandIn, results }: PackTest): object {
  return { code, stand_in: isStandIn, results: results.map(resultJson) };
}

function resultJson(result: ExampleResult): object {
  const { tool, example } = result;
  const about = { tool, ...(example === undefined ? {} : { example }), status: result.status };
  switch (result.status) {
    case 'passed':
      return { ...about, result: result.result };
    case 'failed':
      return { ...about, error: toWireError(result.error) };
    case 'skipped':
      return { ...about, reason: result.reason };
  }
}

function testText({ code, isStandIn, results }: PackTest, printer: Printer): string {
  const { paint } = printer;
  const count = (status: ExampleResult['status']): number => results.filter((each) => each.status === status).length;
  const counts = [`${count('passed')} passed`, `${count('failed')} failed`, `${count('skipped')} skipped`].join(', ');
  const how = isStandIn ? ' against a stand-in, since no base_url was set (--set base_url=…)' : '';
  return [`${paint.strong(code)}: ${counts}${how}`, ...results.map((result) => resultLine(result, printer))].join('\n');
}

function resultLine(result: ExampleResult, { paint }: Printer): string {
  const name = plainText(`${result.tool}${result.example === undefined ? '' : ` #${result.example + 1}`}`);
  switch (result.status) {
    case 'passed':
      return `  ${paint.good('✓')} ${name}`;
    case 'skipped':
      return `  - ${name}: ${oneLine(result.reason)}`;
    case 'failed': {
      const { code, message, hint } = result.error;
      return `  ${paint.bad('✗')} ${name}\n      ${code}: ${oneLine(message)}\n      hint: ${oneLine(hint)}`;
    }
  }
}
