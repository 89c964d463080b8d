import type { JsonSchema } from '@capstan/sdk';

/** One way in which a value does not fit its schema. */
export interface SchemaProblem {
  /** Where in the value, as a JSON Pointer (RFC 6901); empty for the value itself. */
  readonly pointer: string;
  /** The keyword that failed: `required`, `type` … */
  readonly keyword: string;
  /** What is wrong, in one sentence that names the property. Never the offending value (it may be secret). */
  readonly message: string;
  /** The next action, such as "did you mean 'messages'?". */
  readonly hint?: string;
}

/** A schema, compiled at first use and never again. */
export interface CompiledSchema {
  /** The quick answer. */
  accepts(value: unknown): boolean;
  /** Every problem; empty where the value fits. */
  problems(value: unknown): readonly SchemaProblem[];
}

/** Options of {@link compileSchema}. */
export interface CompileSchemaOptions {
  /**
   * `own`: of a manifest or of this product; a pattern that a linear-time engine cannot run is an error.
   * `foreign`: of an MCP server or a spec; such a pattern is left to its owner, with a warning.
   */
  readonly origin: 'own' | 'foreign';
}

/** The outcome of compiling. */
export type SchemaCompilation =
  | { readonly ok: true; readonly schema: CompiledSchema; readonly warnings: readonly string[] }
  | {
      readonly ok: false;
      readonly problems: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
    };

/** Compiles a schema: draft by `$schema` (2020-12 by default, draft-07), formats, linear-time patterns, no remote `$ref`, at most 64 deep. Never throws. */
export function compileSchema(_schema: JsonSchema, _options: CompileSchemaOptions): SchemaCompilation {
  throw new Error('being written');
}
