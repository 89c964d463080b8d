import { CapstanError, type JsonObject, type JsonSchema } from '@capstan/sdk';
import type { Pool } from 'pg';
import { readWorkflow } from '../definition/read-workflow.ts';
import type { WorkflowDefinition } from '../definition/workflow-definition.ts';
import { patientQuery } from './patient-query.ts';
import { SCHEMA } from './tables.ts';

/** Definitions by their digest: a run finishes on the one that it began with, on whatever host. */
export class DefinitionBook {
  readonly #pool: Pool;
  readonly #known = new Map<string, WorkflowDefinition>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Keeps a definition, once for each process and for good. */
  async keep(definition: WorkflowDefinition): Promise<void> {
    const { digest, source, inputSchema } = definition;
    if (this.#known.has(digest)) return;
    await patientQuery(
      this.#pool,
      `INSERT INTO ${SCHEMA}.definitions (digest, source, input_schema) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [digest, JSON.stringify(source), JSON.stringify(inputSchema)],
    );
    this.#known.set(digest, definition);
  }

  /** @throws CapstanError CAPSTAN_INTERNAL where nobody kept it */
  async find(digest: string): Promise<WorkflowDefinition> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const [row] = await patientQuery<{ source: JsonObject; input_schema: JsonSchema }>(
      this.#pool,
      `SELECT source, input_schema FROM ${SCHEMA}.definitions WHERE digest = $1`,
      [digest],
    );
    const place = { path: 'workflow', line: 1, column: 1 };
    const { definition } = readWorkflow(
      row?.source ?? null,
      { locate: () => place },
      {
        ...(row === undefined ? {} : { inputSchema: row.input_schema }),
      },
    );
    if (definition === undefined) {
      throw new CapstanError('CAPSTAN_INTERNAL', `the workflow with the digest ${digest} is gone, or cannot be read`);
    }
    this.#known.set(digest, definition);
    return definition;
  }
}
