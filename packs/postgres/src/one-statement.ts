import type { QueryArrayConfig } from 'pg';

/** The value of a placeholder. */
export type Parameter = string | number | boolean | null;

/** One statement, whose rows come as lists. */
export interface OneStatement extends QueryArrayConfig<Parameter[]> {
  /** The driver's types do not know it yet. */
  readonly queryMode: 'extended';
}

/**
 * A statement that goes by the extended protocol, which refuses several at once. By itself the driver sends one without
 * parameters by the simple protocol, and there `SELECT 1; COMMIT; DROP TABLE x` is three.
 */
export function oneStatement(text: string, parameters: readonly Parameter[]): OneStatement {
  return { text, values: [...parameters], rowMode: 'array', queryMode: 'extended' };
}
