import { suggest } from '@capstan/schema';
import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import type { Backend } from '../backend/backend.ts';
import type { ToolDetailJson } from '../backend/views.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { oneLine, padToWidth, plainText, wrapToWidth } from '../output/display-text.ts';
import { jsonText, type Printer } from '../output/printer.ts';
import { stateDetails, stateName, stateSign } from '../output/state-text.ts';
import { allTools } from './list-tools.ts';
import { parameterTable } from './parameter-table.ts';

/** `capstan tool describe`. */
export async function describeTool({ options, printer, backend }: CommandContext, name: string): Promise<number> {
  const host = await backend();
  const tool = await host.findTool(name, options.workspace);
  if (tool === undefined) throw await unknownTool(host, name, options.workspace);
  if (printer.format === 'json') printer.json(tool);
  else printer.text(toolText(tool, printer));
  return EXIT_OK;
}

/** The error for a name that leads nowhere, with the name that was most likely meant. */
export async function unknownTool(backend: Backend, name: string, workspace: string): Promise<CapstanError> {
  const known = await allTools(backend, workspace);
  const meant = suggest(
    name,
    known.flatMap((tool) => [tool.name, tool.id]),
  );
  return new CapstanError('CAPSTAN_TOOL_NOT_FOUND', `no tool '${name}' in workspace ${workspace}`, {
    hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}"capstan tool list -w ${workspace}" shows all.`,
  });
}

function toolText(tool: ToolDetailJson, printer: Printer): string {
  const { paint } = printer;
  const width = Math.min(printer.width ?? 100, 100);
  const { sign, paint: inColour } = stateSign(tool.state, paint);
  const title = `${paint.heading(tool.name)}${tool.title === undefined ? '' : `  ${oneLine(tool.title)}`}`;
  const sections = [
    [title, ...wrapToWidth(oneLine(tool.description), width)],
    [
      fact('tool id', tool.id),
      fact('state', inColour(`${sign} ${stateName(tool.state)}`)),
      ...stateDetails(tool.state).map((line) => `             ${line}`),
      fact('backend', tool.backend),
      ...optionalFact('runs', durabilityText(tool.durable)),
      ...optionalFact('danger', tool.danger_level),
      fact('hints', hintsText(tool.annotations)),
      ...optionalFact('category', tool.category),
      ...listFact('aliases', tool.aliases),
      ...listFact('permissions', tool.permissions),
      fact('limits', limitsText(tool.policy)),
      fact('breaker', breakerText(tool.policy)),
      ...optionalFact('fallback', typeof tool.policy.fallback === 'string' ? tool.policy.fallback : undefined),
    ],
    [paint.heading('Arguments'), parameterTable(tool.input_schema, printer)],
    tool.examples.length === 0
      ? []
      : [paint.heading('Examples'), ...tool.examples.map((example) => `  --json '${plainText(jsonText(example))}'`)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function fact(name: string, value: string): string {
  return `${padToWidth(name, 11)}  ${value}`;
}

function optionalFact(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [fact(name, oneLine(value))];
}

function listFact(name: string, values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [fact(name, oneLine(values.join(', ')))];
}

function hintsText(annotations: ToolDetailJson['annotations']): string {
  const known = Object.entries(annotations).map(
    ([name, value]) => `${value === true ? '' : 'not '}${name.replaceAll('_', ' ')}`,
  );
  return known.length === 0 ? 'none' : known.join(', ');
}

function limitsText(policy: JsonObject): string {
  const { max_retries: retries, base_ms: base, max_ms: max } = memberOf(policy, 'retry');
  const { limit, window_ms: window, per } = memberOf(policy, 'rate_limit');
  const pauses = retries === 0 ? '' : ` (pauses up to ${seconds(base)}, doubling up to ${seconds(max)})`;
  const rate = limit === undefined ? '' : `; ${String(limit)} calls in ${seconds(window)} per ${String(per)}`;
  return `${seconds(policy.timeout_ms)} an attempt, ${seconds(policy.deadline_ms)} a call, ${String(retries ?? '?')} retries${pauses}${rate}`;
}

function breakerText(policy: JsonObject): string {
  const {
    failure_threshold: failures,
    recovery_timeout_s: recovery,
    success_threshold: successes,
  } = memberOf(policy, 'breaker');
  return `opens after ${String(failures)} failures in a row, tries again after ${String(recovery)} s, closes after ${String(successes)} successes`;
}

function seconds(value: JsonValue | undefined): string {
  return typeof value === 'number' ? `${value / 1000} s` : '?';
}

function memberOf(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function durabilityText(durable: boolean | undefined): string | undefined {
  if (durable === undefined) return undefined;
  return durable ? 'durable: they outlive the host' : 'not durable: without a database they end with the host';
}
