import { CapstanError, isCapstanError, type ToolFactory, type ToolHandler } from '@capstan/sdk';
import {
  type AwilixContainer,
  AwilixResolutionError,
  asFunction,
  asValue,
  createContainer,
  InjectionMode,
} from 'awilix';

/** A scope of the container: root, then workspace, then pack, then connection. A call gets a plain object, not a scope. */
export interface ServiceScope {
  /** A scope inside this one, with services of its own. */
  scope(values: Readonly<Record<string, unknown>>): ServiceScope;
  /**
   * Builds a tool's handler, with the services that its factory names.
   * @throws CapstanError CAPSTAN_PACK_FAILED with the resolution path when a service is missing or circular
   */
  build(toolId: string, factory: ToolFactory): ToolHandler;
}

/** The root of the container. Functions are factories of services, built once; everything else is a value. */
export function createRootScope(services: Readonly<Record<string, unknown>>): ServiceScope {
  const container = createContainer({ injectionMode: InjectionMode.PROXY, strict: true });
  register(container, services);
  return scopeOver(container);
}

function scopeOver(container: AwilixContainer): ServiceScope {
  return {
    scope(values) {
      const inner = container.createScope();
      for (const [name, value] of Object.entries(values)) inner.register(name, asValue(value));
      return scopeOver(inner);
    },
    build(toolId, factory) {
      const handler = resolveFactory(container, toolId, factory);
      if (typeof handler === 'function') return handler;
      throw new CapstanError(
        'CAPSTAN_PACK_FAILED',
        `the factory of ${toolId} returned ${typeof handler}, not a handler`,
        {
          hint: 'Return the handler: defineTool(({ remoteToolAdapter }) => async (input, context) => …).',
        },
      );
    },
  };
}

function resolveFactory(container: AwilixContainer, toolId: string, factory: ToolFactory): ToolHandler {
  const scope = container.createScope();
  scope.register(toolId, asFunction(factory).scoped());
  try {
    return scope.resolve<ToolHandler>(toolId);
  } catch (cause) {
    // The factory itself knows what is to be mended: a setting, say.
    if (isCapstanError(cause)) throw cause;
    const what = cause instanceof AwilixResolutionError ? cause.message : `the factory of ${toolId} failed`;
    throw new CapstanError('CAPSTAN_PACK_FAILED', what.replaceAll('\n', ' '), {
      hint: 'A tool factory may name remoteToolAdapter, http, connection, config, logger, clock, tools, cache, and what the application adds.',
      cause,
    });
  }
}

function register(container: AwilixContainer, services: Readonly<Record<string, unknown>>): void {
  for (const [name, service] of Object.entries(services)) {
    container.register(name, isServiceFactory(service) ? asFunction(service).singleton() : asValue(service));
  }
}

function isServiceFactory(value: unknown): value is (cradle: object) => unknown {
  return typeof value === 'function';
}
