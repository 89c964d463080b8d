import type { JsonObject } from '@capstan/sdk';

/** The contract of a tool (name, description, schemas, annotations) as an operator accepted it. */
export interface StoredToolPin {
  readonly workspace: string;
  readonly toolId: string;
  /** Of the canonical contract. */
  readonly digest: string;
  /** What was accepted, so that a difference can be shown. */
  readonly contract: JsonObject;
  readonly acceptedAt: number;
  readonly acceptedBy: string;
}
