import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CapstanError } from '@capstan/sdk';
import type { Command } from 'commander';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { usageError } from '../failure-report.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { readJsonInput } from '../tool-arguments/json-input.ts';

interface VerifyFlags {
  readonly token?: string;
  readonly tool?: string;
  readonly sample?: string;
  readonly junit?: string;
  readonly ca?: readonly string[];
}

/** `capstan contract …`. */
export function addContractCommands(program: Command, run: CommandRunner): void {
  program
    .command('contract')
    .description('the remote tool contract, for those who offer a service')
    .command('verify <url>')
    .description('prove that a service conforms to the remote tool contract')
    .option('--token <token>', 'what the service is called with; default CAPSTAN_SERVICE_TOKEN')
    .option('--tool <name>', 'the tool that is called; default: the first one that has an example')
    .option('--sample <file>', 'a JSON file with parameters with which the tool succeeds')
    .option('--junit <file>', 'write the results as JUnit XML, too')
    .option('--ca <file...>', "PEM files of authorities to trust beside the system's")
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan contract verify http://127.0.0.1:8080 --token secret', "with an example of the service's own"],
        [
          'capstan contract verify https://line.example.com --tool line.send_message --sample sample.json',
          'with yours',
        ],
        [
          'capstan contract verify http://127.0.0.1:8080 --junit report.xml',
          'for CI; calls are real: use a test account',
        ],
      ]),
    )
    .action((url: string, flags: VerifyFlags, command: Command) =>
      run(command, (context) => verify(context, url, flags)),
    );
}

async function verify({ io, printer }: CommandContext, url: string, flags: VerifyFlags): Promise<number> {
  // Only this command needs the kit.
  const kit = await import('@capstan/testing');
  const token = flags.token ?? (io.env.CAPSTAN_SERVICE_TOKEN || undefined);
  const cancel = new AbortController();
  const unwatch = io.onSignal(() => cancel.abort());
  try {
    const report = await kit.verifyContract({
      url,
      ...(token === undefined ? {} : { token }),
      ...(flags.tool === undefined ? {} : { tool: flags.tool }),
      ...(flags.sample === undefined ? {} : { sample: await readJsonInput(`@${flags.sample}`, io) }),
      certificates: (flags.ca ?? []).map((file) => readText(io.cwd, file)),
      signal: cancel.signal,
    });
    if (flags.junit !== undefined) writeFileSync(resolve(io.cwd, flags.junit), kit.renderJunit(report));
    printer.text(printer.format === 'json' ? kit.renderJson(report) : kit.renderTable(report));
    return kit.exitCodeOfReport(report);
  } catch (error) {
    if (cancel.signal.aborted) throw new CapstanError('CAPSTAN_CANCELLED', 'the verification was cancelled');
    throw error;
  } finally {
    unwatch();
  }
}

function readText(cwd: string, file: string): string {
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw usageError(`cannot read ${file}${reason}`, 'The path after --ca is relative to the current folder.');
  }
}
