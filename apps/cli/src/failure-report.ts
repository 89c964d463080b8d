import { maskSecrets } from '@capstan/schema';
import { CapstanError, type ErrorCode, isCapstanError, type JsonValue, toWireError } from '@capstan/sdk';
import { oneLine, plainText } from './output/display-text.ts';
import { hintText, retryLines, serviceLines } from './output/error-text.ts';
import { jsonText, type OutputFormat, type Printer } from './output/printer.ts';

/** Any thrown value as an error with a code; what nobody foresaw is `CAPSTAN_INTERNAL`. */
export function toCapstanError(thrown: unknown): CapstanError {
  if (isCapstanError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CapstanError('CAPSTAN_INTERNAL', message, {
    cause: thrown,
    hint: 'This is a defect of capstan; run the command again with --debug to see where it comes from.',
  });
}

/** How a failure is told. */
export interface FailureStyle {
  readonly output: OutputFormat;
  /** Adds the stack and the causes. */
  readonly debug: boolean;
}

/** Tells a failure on stderr: `error CODE: message`, every detail that helps, then `hint: …`. As JSON: `{"error": {…}}`. */
export function reportFailure(error: CapstanError, printer: Printer, style: FailureStyle, executionId?: string): void {
  printer.note(
    style.output === 'json'
      ? jsonText({ error: toWireError(error, executionId) })
      : failureText(error, printer, executionId),
  );
  if (style.debug) printer.note(maskSecrets(plainText(stackText(error))));
}

function failureText(error: CapstanError, printer: Printer, executionId: string | undefined): string {
  const { notePaint: paint } = printer;
  return [
    `${paint.bad(`error ${error.code}:`)} ${plainText(error.message)}`,
    ...detailLines(error.details),
    `${paint.strong('hint:')} ${hintText(error)}`,
    ...(executionId === undefined ? [] : [paint.quiet(`execution ${executionId}`)]),
  ].join('\n');
}

/** The details that a person acts on: problems with their pointers, missing keys with their places, candidates, the service's own words. */
function detailLines(details: Readonly<Record<string, JsonValue | undefined>>): readonly string[] {
  return [
    ...listOf(details.problems).map((problem) => {
      const pointer = textOf(problem.pointer) ?? '';
      const hint = textOf(problem.hint);
      return `  ${pointer === '' ? '(arguments)' : pointer}: ${textOf(problem.message) ?? ''}${hint ? ` (${hint})` : ''}`;
    }),
    ...listOf(details.missing).flatMap((missing) => {
      const description = textOf(missing.description);
      const places = Array.isArray(missing.places) ? missing.places : [];
      return [
        `  missing ${textOf(missing.key) ?? ''}${description ? `: ${description}` : ''}`,
        ...places.map((place) => `    ${textOf(place) ?? ''}`),
      ];
    }),
    ...listOf(details.candidates).map(
      (candidate) => `  ${[textOf(candidate.id), textOf(candidate.name)].filter(Boolean).join('  ')}`,
    ),
    ...[...serviceLines(details), ...retryLines(details)].map((line) => `  ${line}`),
  ].map(oneLineKeepingIndent);
}

function oneLineKeepingIndent(line: string): string {
  return `${/^ */u.exec(line)?.[0] ?? ''}${oneLine(line)}`;
}

function listOf(value: JsonValue | undefined): readonly Readonly<Record<string, JsonValue | undefined>>[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: JsonValue) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? (entry as Readonly<Record<string, JsonValue | undefined>>)
      : { id: entry, message: entry, key: entry },
  );
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function stackText(error: CapstanError): string {
  const stacks: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    stacks.push(`${depth === 0 ? '' : 'caused by '}${current.stack ?? current.message}`);
    current = current.cause;
  }
  return stacks.join('\n');
}

/** An error of the person's own making: a wrong option, a file that is not there. */
export function usageError(message: string, hint: string, code: ErrorCode = 'CAPSTAN_INVALID_REQUEST'): CapstanError {
  return new CapstanError(code, message, { hint });
}
