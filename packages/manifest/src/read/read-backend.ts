import { type DocumentPath, suggest } from '@capstan/schema';
import { BACKEND_KEYS } from '../format/tool-schema.ts';
import type { RemoteBackend, ToolBackend } from '../pack-manifest.ts';
import { type Fields, fieldsAt, textAt, textsAt } from '../record.ts';
import { checkReferences } from '../references.ts';
import { readCodeBackend } from './code-backend.ts';
import { isJsonObject, jsonAt, type ReadingContext } from './reading-context.ts';

/** The tool whose backend is read. */
export interface ToolPlace {
  readonly name: string;
  readonly path: DocumentPath;
  /** Whether the manifest gives nothing but the tool's name. */
  readonly isBare: boolean;
  readonly mcpServers: ReadonlySet<string> | undefined;
}

/** Reads how a tool works. `undefined`, with a diagnostic, where it says nothing usable. */
export function readBackend(tool: Fields, place: ToolPlace, context: ReadingContext): ToolBackend | undefined {
  const key = BACKEND_KEYS.find((candidate) => Object.hasOwn(tool, candidate));
  switch (key) {
    case 'backend':
      return codeBackend(textAt(tool, 'backend') ?? '', place, context);
    case 'remote':
      return remoteBackend(fieldsAt(tool, 'remote') ?? {}, place, context);
    case 'mcp':
      return mcpBackend(fieldsAt(tool, 'mcp') ?? {}, place, context);
    case 'http':
      checkReferences(tool.http, [...place.path, 'http'], context);
      return isJsonObject(tool.http) ? { kind: 'http', spec: tool.http } : undefined;
    case 'workflow':
      return isJsonObject(tool.workflow) ? { kind: 'workflow', spec: tool.workflow } : undefined;
    default:
      return backendByName(place, context);
  }
}

function codeBackend(declared: string, { path }: ToolPlace, context: ReadingContext): ToolBackend | undefined {
  if (!/^[^:]+:[^:]+$/.test(declared)) return undefined;
  const reading = readCodeBackend(declared, context);
  const at = [...path, 'backend'];
  if ('problem' in reading) {
    const hint = 'Name a module inside the pack: "./dist/tools.js:sendMessage" or "tools:send_message".';
    context.report.add('CAPSTAN_MANIFEST_BACKEND_FORM', at, { message: reading.problem, hint });
    return undefined;
  }
  if (reading.unsupported) context.report.add('CAPSTAN_MANIFEST_UNSUPPORTED_BACKEND', at, reading.unsupported);
  return reading.backend;
}

function remoteBackend(remote: Fields, { path }: ToolPlace, context: ReadingContext): RemoteBackend | undefined {
  checkReferences(remote.params, [...path, 'remote', 'params'], context);
  const toolType = textAt(remote, 'tool_type');
  const action = textAt(remote, 'action');
  if (toolType === undefined || action === undefined) return undefined;
  const connectionParam = textAt(remote, 'connection_param');
  return {
    kind: 'remote',
    toolType,
    action,
    params: jsonAt(remote, 'params'),
    context: textsAt(remote, 'context'),
    ...(connectionParam === undefined ? {} : { connectionParam }),
  };
}

function mcpBackend(mcp: Fields, { path, mcpServers }: ToolPlace, { report }: ReadingContext): ToolBackend | undefined {
  const server = textAt(mcp, 'server');
  const tool = textAt(mcp, 'tool');
  if (server === undefined || tool === undefined) return undefined;
  if (!mcpServers?.has(server)) {
    const similar = suggest(server, mcpServers ?? []);
    const hint = similar === undefined ? "Add it under 'mcp_servers'." : `did you mean '${similar}'?`;
    const message = `the pack has no MCP server '${server}'`;
    report.add('CAPSTAN_MANIFEST_REFERENCE_UNKNOWN', [...path, 'mcp', 'server'], { message, hint });
  }
  return { kind: 'mcp', server, tool };
}

/** A tool that says nothing of how it works calls the pack's remote service, where there is one, by its own name. */
function backendByName(
  { name, path, isBare }: ToolPlace,
  { report, settings }: ReadingContext,
): ToolBackend | undefined {
  const dot = name.indexOf('.');
  if (settings.has('base_url') && dot > 0) {
    return { kind: 'remote', toolType: name.slice(0, dot), action: name.slice(dot + 1), params: {}, context: [] };
  }
  const hint = settings.has('base_url')
    ? "Name it like 'line.send_message', or say with 'remote:' what it calls."
    : `Add one of ${BACKEND_KEYS.join(', ')}; with a setting base_url, a name like 'line.send_message' is enough.`;
  const message = `the tool '${name}' does not say how it works`;
  if (!isBare) {
    report.add('CAPSTAN_MANIFEST_BACKEND_MISSING', path, { message, hint });
    return undefined;
  }
  report.add('CAPSTAN_MANIFEST_UNSUPPORTED_BACKEND', path, { message, hint });
  return { kind: 'unsupported', declared: '', reason: `${message}. ${hint}` };
}
