import { matchesWildcard } from '../openapi/wildcard.ts';

/** Some entries of a file. An entry is among them that fits any member of any list. */
export interface EntrySelection {
  /** With asterisks. */
  readonly names?: readonly string[];
  readonly types?: readonly string[];
  /** The files of ToolUniverse that entries came from, with asterisks. */
  readonly groups?: readonly string[];
}

/** Which entries of a file are loaded. */
export interface EntryFilter {
  /** Absent: all. */
  readonly include?: EntrySelection;
  readonly exclude?: EntrySelection;
}

interface SelectableEntry {
  readonly name: string;
  readonly type: string;
  readonly group: string;
}

/** Whether an entry is to be loaded. */
export function isWanted(entry: SelectableEntry, { include, exclude }: EntryFilter): boolean {
  return (
    (include === undefined || isSelected(entry, include)) && !(exclude !== undefined && isSelected(entry, exclude))
  );
}

function isSelected({ name, type, group }: SelectableEntry, { names, types, groups }: EntrySelection): boolean {
  if (types?.includes(type)) return true;
  if (names?.some((pattern) => matchesWildcard(pattern, name))) return true;
  return groups?.some((pattern) => matchesWildcard(pattern, group)) ?? false;
}
