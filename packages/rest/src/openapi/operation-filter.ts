import { matchesWildcard } from './wildcard.ts';

/** Some operations of a document. An operation is among them that fits any entry of any list. */
export interface OperationSelection {
  readonly tags?: readonly string[];
  /** Such as `/admin/**`; one asterisk stops at a slash. */
  readonly paths?: readonly string[];
  /** Operation ids, with asterisks as in paths. */
  readonly operations?: readonly string[];
}

/** What a selection looks at. */
export interface SelectableOperation {
  readonly path: string;
  readonly operationId: string | undefined;
  readonly tags: readonly string[];
}

/** Which operations of a document are imported. */
export interface OperationFilter {
  /** Absent: all. */
  readonly include?: OperationSelection;
  readonly exclude?: OperationSelection;
}

/** Why an operation is left out; `undefined` where it is not. */
export function exclusionOf(operation: SelectableOperation, { include, exclude }: OperationFilter): string | undefined {
  if (include && !isSelected(operation, include)) return 'it is not among those to include';
  return exclude && isSelected(operation, exclude) ? 'it is among those to exclude' : undefined;
}

function isSelected({ path, operationId, tags }: SelectableOperation, selection: OperationSelection): boolean {
  if (tags.some((tag) => selection.tags?.includes(tag))) return true;
  if (selection.paths?.some((pattern) => matchesWildcard(pattern, path))) return true;
  return (
    operationId !== undefined && (selection.operations ?? []).some((pattern) => matchesWildcard(pattern, operationId))
  );
}
