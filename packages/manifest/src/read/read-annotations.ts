import type { DangerLevel, ToolAnnotations } from '@capstan/sdk';
import { booleanAt, type Fields, fieldsAt } from '../record.ts';

/**
 * MCP's hints of a tool: what the manifest says, completed from its danger level. A tool is never read-only by default,
 * and one whose danger nobody stated stays open: clients then assume that it destroys.
 */
export function readAnnotations(tool: Fields, danger: DangerLevel | undefined): ToolAnnotations {
  const said = fieldsAt(tool, 'annotations') ?? {};
  const readOnly = booleanAt(said, 'read_only') ?? (danger === undefined ? undefined : false);
  const destructive = booleanAt(said, 'destructive') ?? (readOnly === true ? false : destructiveBy(danger));
  const idempotent = booleanAt(said, 'idempotent');
  const openWorld = booleanAt(said, 'open_world');
  return {
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(destructive === undefined ? {} : { destructive }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(openWorld === undefined ? {} : { openWorld }),
  };
}

function destructiveBy(danger: DangerLevel | undefined): boolean | undefined {
  return danger === undefined ? undefined : danger === 'high' || danger === 'critical';
}
