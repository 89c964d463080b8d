import { CapstanError, type JsonObject } from '@capstan/sdk';

/** One thing that is wrong with what an operator sent. */
export interface InputProblem {
  /** Where, as a JSON Pointer (RFC 6901) into the body; empty for the whole. */
  readonly pointer: string;
  /** Never the value: it may be a secret. */
  readonly message: string;
  readonly hint?: string;
}

const SHOWN = 3;

/** @throws CapstanError CAPSTAN_INVALID_REQUEST with every problem in `details.problems`, where there is one */
export function refuseProblems(problems: readonly InputProblem[]): void {
  if (problems.length === 0) return;
  const more = problems.length > SHOWN ? ` (and ${problems.length - SHOWN} more)` : '';
  const [first] = problems;
  throw new CapstanError(
    'CAPSTAN_INVALID_REQUEST',
    `${problems
      .slice(0, SHOWN)
      .map(({ message }) => message)
      .join('; ')}${more}`,
    {
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
      details: { problems: problems.map(problemJson) },
    },
  );
}

function problemJson({ pointer, message, hint }: InputProblem): JsonObject {
  return { in: 'body', pointer, message, ...(hint === undefined ? {} : { hint }) };
}

/** A path as a JSON Pointer. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
