import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Host } from '@capstan/host';
import {
  CapstanError,
  cacheable,
  type Logger,
  type ToolDescription,
  type ToolFactory,
  type ToolServices,
  toolDescriptionOf,
} from '@capstan/sdk';

/** Registers what a file exports with defineTool. @throws CapstanError CAPSTAN_PACK_FAILED where that is nothing */
export async function registerFile(host: Host, path: string, logger: Logger): Promise<void> {
  const exports = await load(path);
  const namespace = namespaceOf(path);
  const tools = Object.entries(exports).flatMap(([name, value]: [string, unknown]) => {
    const about = toolDescriptionOf(value);
    return about === undefined || !isFactory(value) ? [] : [{ name, about, factory: value }];
  });
  if (tools.length === 0) throw failed(path, 'exports no tool', 'Export tools: export const greet = defineTool(…).');
  for (const { name, about, factory } of tools) {
    host.register({
      id: `${namespace}.${about.name ?? snakeCase(name)}`,
      handler: factory(servicesOf(host, logger)),
      ...definitionOf(name, about),
    });
  }
}

function definitionOf(name: string, about: ToolDescription) {
  const { description, inputSchema, outputSchema, dangerLevel, annotations } = about;
  return {
    description: description === '' ? snakeCase(name).replaceAll('_', ' ') : description,
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(dangerLevel === undefined ? {} : { dangerLevel }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

async function load(path: string): Promise<object> {
  try {
    const exports: object = await import(pathToFileURL(path).href);
    return exports;
  } catch (cause) {
    throw failed(path, `does not load: ${cause instanceof Error ? cause.message : String(cause)}`, undefined, cause);
  }
}

/** A file has no manifest, so no connection and no settings: what needs one says where they come from. */
function servicesOf(host: Host, logger: Logger): ToolServices {
  const missing = (name: string) => (): never => {
    throw new CapstanError('CAPSTAN_NEEDS_CONFIG', `a tool of a single file has no ${name}`, {
      hint: 'Make a pack of it (capstan pack new): its manifest says which service it calls.',
      details: { missing: [{ key: name }] },
    });
  };
  return {
    logger,
    clock: { now: () => Date.now() },
    cache: { cacheable },
    config: {},
    tools: {
      async call(tool, input, { principal, signal }) {
        const outcome = await host.invoke({ tool, arguments: input, principal, signal, surface: 'tool' });
        if (outcome.status === 'succeeded') return outcome.result.value;
        throw outcome.status === 'pending' ? failed(tool, 'waits for an approval') : outcome.error;
      },
    },
    http: { request: missing('http') },
    remoteToolAdapter: { call: missing('remoteToolAdapter'), callBatch: missing('remoteToolAdapter') },
    get connection() {
      return missing('connection')();
    },
  };
}

function isFactory(value: unknown): value is ToolFactory {
  return typeof value === 'function';
}

/** `my-tools.ts` is `my_tools`. */
function namespaceOf(path: string): string {
  const words = basename(path)
    .replace(/\.[cm]?[jt]s$/u, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '_')
    .replaceAll(/^_+|_+$/gu, '');
  return /^[a-z]/u.test(words) ? words : `tools_${words}`;
}

function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/gu, '_').toLowerCase();
}

function failed(path: string, what: string, hint?: string, cause?: unknown): CapstanError {
  return new CapstanError('CAPSTAN_PACK_FAILED', `${path} ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
