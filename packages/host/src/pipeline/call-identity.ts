import { hash } from 'node:crypto';
import { canonicalJson } from '@capstan/schema';
import type { ToolEntry, ToolRunner } from '../workspace/tool-entry.ts';
import type { Invocation } from './invocation.ts';

/** Backends that see who calls, or that keep sessions for a caller. */
const SEES_THE_CALLER: ReadonlySet<string> = new Set(['code', 'mcp', 'workflow']);

/**
 * What decides the answer to a call, beside the connection: workspace, tool, arguments, the context keys that the tool
 * declared, and the principal where the tool gets to see it. Nobody gets what was made for somebody else.
 */
export function questionOf({
  workspaceId,
  tool,
  arguments: given,
  principal,
  request,
}: Invocation): readonly unknown[] {
  const context = (tool?.contextKeys ?? []).map((key) => request.context?.[key] ?? null);
  const seesCaller = tool === undefined || SEES_THE_CALLER.has(tool.definition.backendKind);
  return [workspaceId, tool?.definition.id ?? '', seesCaller ? principal.id : '', context, given];
}

/** SHA-256 of the canonical JSON of the parts. @throws where JSON cannot carry one of them */
export function digestOf(parts: readonly unknown[]): string {
  return hash('sha256', canonicalJson(parts), 'base64url');
}

const contracts = new WeakMap<ToolEntry, string>();
const runners = new WeakMap<ToolRunner, string>();
const processMark = `${process.pid}.${performance.timeOrigin}`;
let nextRunner = 0;

/** A digest of what a tool promises; a tool that was changed does not answer with results of its former self. */
export function contractDigest(tool: ToolEntry): string {
  const known = contracts.get(tool);
  if (known !== undefined) return known;
  const digest = digestOf([tool.definition, tool.cache?.implementation ?? null]);
  contracts.set(tool, digest);
  return digest;
}

/** A digest of the config of a call's connection; a mark of this runner alone where it has no config that could be compared. */
export function configDigest({ tool, request }: Invocation): string {
  if (tool === undefined) return '';
  const { runner } = tool;
  if (runner.configDigest !== undefined) return runner.configDigest(request.connection);
  const known = runners.get(runner);
  if (known !== undefined) return known;
  nextRunner += 1;
  const mark = `${processMark}.${nextRunner}`;
  runners.set(runner, mark);
  return mark;
}
