import { CapstanError, type ToolDefinition } from '@capstan/sdk';
import { applicationRunner } from '../backends/application-runner.ts';
import type { RegisteredToolOptions } from '../host.ts';
import type { CallDefaults } from '../settings/host-settings.ts';
import { effectivePolicy } from './effective-policy.ts';
import { lazySchemas } from './lazy-schema.ts';
import type { CachePolicy, ToolEntry } from './tool-entry.ts';

const TOOL_ID = /^([a-z][a-z0-9_]*)\.(.+)$/;

/** Makes a tool of an application's own code. @throws CapstanError CAPSTAN_INVALID_REQUEST for a malformed id */
export function applicationTool(
  options: RegisteredToolOptions,
  defaults: CallDefaults,
): { readonly tool: Omit<ToolEntry, 'exposedName'>; readonly namespace: string } {
  const [, namespace, name] = TOOL_ID.exec(options.id) ?? [];
  if (namespace === undefined || name === undefined) {
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', `not a tool id: ${JSON.stringify(options.id)}`, {
      hint: 'A tool id is "{owner}.{name}", such as "billing.create_invoice"; the owner matches ^[a-z][a-z0-9_]*$.',
    });
  }
  const definition = definitionOf(options, namespace, name);
  return {
    namespace,
    tool: {
      definition,
      owner: 'application',
      policy: effectivePolicy(options, defaults),
      ...lazySchemas(definition),
      runner: applicationRunner(options.handler),
      contextKeys: [],
      ...(options.breaker === undefined ? {} : { ownBreaker: options.breaker }),
      ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
      ...(options.cache === undefined ? {} : { cache: cachePolicyOf(options.cache, options) }),
    },
  };
}

function cachePolicyOf(
  { ttlMs, staleMs, tags }: NonNullable<RegisteredToolOptions['cache']>,
  { id, annotations }: RegisteredToolOptions,
): CachePolicy {
  if (annotations?.readOnly !== true && annotations?.idempotent !== true) {
    throw new CapstanError(
      'CAPSTAN_INVALID_REQUEST',
      `${id} is neither readOnly nor idempotent, so no result may be kept`,
      {
        hint: 'Say annotations: { readOnly: true } if the tool changes nothing; else take "cache" away.',
      },
    );
  }
  return { ttlMs, staleMs: staleMs ?? 0, tags: tags ?? [], implementation: null };
}

function definitionOf(options: RegisteredToolOptions, pack: string, name: string): ToolDefinition {
  return {
    id: options.id,
    name,
    pack,
    description: options.description,
    tags: [],
    aliases: [],
    backendKind: 'code',
    inputSchema: options.inputSchema ?? { type: 'object' },
    ...(options.outputSchema === undefined ? {} : { outputSchema: options.outputSchema }),
    ...(options.dangerLevel === undefined ? {} : { dangerLevel: options.dangerLevel }),
    annotations: options.annotations ?? {},
    permissions: [],
    examples: [],
  };
}
