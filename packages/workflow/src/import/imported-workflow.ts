import type { DocumentPath } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';

/** A workflow that was written in another form, in our own. */
export interface ImportedWorkflow {
  readonly source: JsonObject;
  /** Where a part of our form stood in the other one. */
  origin(path: DocumentPath): DocumentPath;
}
