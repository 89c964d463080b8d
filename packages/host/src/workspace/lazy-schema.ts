import { type CompiledSchema, compileSchema, createRedactor, type Redactor } from '@capstan/schema';
import { CapstanError, type JsonSchema, type ToolDefinition } from '@capstan/sdk';

/** What of a tool is compiled at its first call, and shared by all workspaces. */
export interface ToolSchemas {
  input(): CompiledSchema;
  output(): CompiledSchema | undefined;
  redact: Redactor;
}

/** Compiles each schema of a tool when it is first needed. */
export function lazySchemas(definition: ToolDefinition, origin: 'own' | 'foreign' = 'own'): ToolSchemas {
  let input: CompiledSchema | undefined;
  let output: CompiledSchema | undefined;
  let redact: Redactor | undefined;
  return {
    input() {
      input ??= compile(definition, definition.inputSchema, origin);
      return input;
    },
    output() {
      if (definition.outputSchema === undefined) return undefined;
      output ??= compile(definition, definition.outputSchema, origin);
      return output;
    },
    redact(value) {
      redact ??= createRedactor(definition.inputSchema);
      return redact(value);
    },
  };
}

function compile(definition: ToolDefinition, schema: JsonSchema, origin: 'own' | 'foreign'): CompiledSchema {
  const compilation = compileSchema(schema, { origin });
  if (compilation.ok) return compilation.schema;
  const problems = compilation.problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`);
  throw new CapstanError(
    'CAPSTAN_PACK_REJECTED',
    `a schema of ${definition.id} does not compile: ${problems.join('; ')}`,
  );
}
