import { inspectPack } from '@capstan/host';
import type { PackManifest } from '@capstan/manifest';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import { sampleOf } from '../schema-sample.ts';
import { type FakeService, type ServiceAnswer, startFakeService } from '../service/fake-service.ts';
import { createTestHost } from '../test-host.ts';
import { type ExampleResult, runExamples } from './run-examples.ts';

/** How a pack is tried. */
export interface PackTestOptions {
  /** Its config. Without a `base_url`, its remote tools call a stand-in that answers by their output schemas. */
  readonly config?: JsonObject;
  /** Connections of it, as in `capstan.yaml`. */
  readonly connections?: readonly JsonObject[];
  /** Call tools that may change something, although a service was named. Against the stand-in all are called. */
  readonly writes?: boolean;
}

/** What trying a pack showed. */
export interface PackTest {
  readonly code: string;
  /** Whether a stand-in answered for the service. */
  readonly isStandIn: boolean;
  readonly results: readonly ExampleResult[];
}

/**
 * Runs the examples of a pack in a test host: its code, its declared calls, its schemas of both ends.
 * @throws CapstanError CAPSTAN_PACK_REJECTED where the pack does not load
 */
export async function testPack(folder: string, options: PackTestOptions = {}): Promise<PackTest> {
  const manifest = manifestOf(folder);
  const { code } = manifest;
  const standIn = needsStandIn(manifest, options) ? await startFakeService(answersOf(manifest)) : undefined;
  const host = await createTestHost({
    packs: { [code]: folder },
    config: { [code]: { ...standInConfig(manifest, standIn), ...options.config } },
    connections: options.connections ?? standInConnections(manifest, standIn),
  });
  try {
    const results = await runExamples(host, { pack: code, writes: options.writes ?? standIn !== undefined });
    return { code, isStandIn: standIn !== undefined, results };
  } finally {
    await host.close({ timeoutMs: 1_000 });
    await standIn?.close();
  }
}

function manifestOf(folder: string): PackManifest {
  const { manifest, diagnostics } = inspectPack(folder);
  if (manifest !== undefined) return manifest;
  const first = diagnostics.find(({ severity }) => severity === 'error');
  throw new CapstanError('CAPSTAN_PACK_REJECTED', `the pack in ${folder} does not load: ${first?.message}`, {
    hint: 'Run "capstan pack validate" on it.',
  });
}

/** A pack whose tools call a remote service that nobody named. */
function needsStandIn({ tools, configSchema }: PackManifest, { config, connections }: PackTestOptions): boolean {
  const isNamed = config?.base_url !== undefined || (connections?.length ?? 0) > 0;
  const speaksContract = tools.some(({ backend }) => backend.kind === 'remote' || backend.kind === 'code');
  const hasDefault = configSchema.properties.base_url?.default !== undefined;
  return !isNamed && !hasDefault && speaksContract && Object.hasOwn(configSchema.properties, 'base_url');
}

/** By the names that the contract has: what code calls is mostly called like its tool. */
function answersOf({ tools }: PackManifest): Readonly<Record<string, ServiceAnswer>> {
  return Object.fromEntries(
    tools.map(({ name, backend, outputSchema }) => [
      backend.kind === 'remote' ? `${backend.toolType}.${backend.action}` : name,
      outputSchema === undefined ? {} : sampleOf(outputSchema),
    ]),
  );
}

/** What else the pack wants to be told is made up: nobody looks at it. */
function standInConfig({ configSchema }: PackManifest, standIn: FakeService | undefined): JsonObject {
  if (standIn === undefined) return {};
  const required = configSchema.required.filter((key) => key !== 'base_url');
  const madeUp = required.map((key) => [key, sampleOf({ ...configSchema.properties[key] })] as const);
  return { ...Object.fromEntries(madeUp), base_url: standIn.url };
}

/** One for each tool type, with an account id, as tools with `connection_param` want it. */
function standInConnections(manifest: PackManifest, standIn: FakeService | undefined): readonly JsonObject[] {
  if (standIn === undefined) return [];
  const types = new Set(
    manifest.tools.map(({ name, backend }) =>
      backend.kind === 'remote' ? backend.toolType : name.includes('.') ? (name.split('.', 1)[0] ?? '') : manifest.code,
    ),
  );
  return [...types].map((type) => ({
    id: `stand-in-${type}`,
    pack: manifest.code,
    tool_type: type,
    connection_type: 'remote',
    name: `Stand-in for ${type}`,
    remote_connection_id: 'stand-in',
  }));
}
