import { SERVICE_TOOLS } from './service-tools.ts';

/** A tool as `GET /v1/tools` shows it. */
export interface DescribedTool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: unknown;
  readonly examples: readonly unknown[];
  readonly batch: boolean;
  readonly job: boolean;
  readonly stream: boolean;
}

/** What the service offers, and in which forms. */
export function describeTools(): readonly DescribedTool[] {
  return SERVICE_TOOLS.map(({ name, description, inputSchema, example, kind }) => ({
    name,
    description,
    input_schema: inputSchema,
    examples: [example],
    batch: kind === 'quick',
    job: kind === 'long',
    stream: kind === 'long',
  }));
}
