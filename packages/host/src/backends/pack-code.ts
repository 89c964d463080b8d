import { existsSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CodeBackend } from '@capstan/manifest';
import { CapstanError, type ToolFactory } from '@capstan/sdk';

/** Where `module: tools` may stand in a pack: as written, built, or as source that Node can strip of its types. */
const PLACES = ['', 'dist/', 'src/'];
const ENDINGS = ['', '.js', '.mjs', '.ts'];

/**
 * Loads the export that a code backend names. Node keeps loaded modules, so this is cheap from the second time on.
 * @throws CapstanError CAPSTAN_PACK_FAILED when the module leaves the pack, is missing, does not load, or lacks the export
 */
export async function loadToolFactory(packFolder: string, backend: CodeBackend): Promise<ToolFactory> {
  const path = modulePath(packFolder, backend);
  const exports = await importModule(path, backend);
  const name = backend.exportNames.find((candidate) => Object.hasOwn(exports, candidate));
  const factory: unknown = name === undefined ? undefined : Reflect.get(exports, name);
  if (isToolFactory(factory)) return factory;
  const found = Object.keys(exports).join(', ') || 'nothing';
  throw packFailed(backend, `it exports ${found}, but no function ${backend.exportNames.join(' or ')}`);
}

function modulePath(packFolder: string, backend: CodeBackend): string {
  const root = realpathSync(packFolder);
  const tried = PLACES.flatMap((place) => ENDINGS.map((ending) => join(root, place, `${backend.module}${ending}`)));
  const found = tried.find((candidate) => /\.[cm]?[jt]s$/.test(candidate) && existsSync(candidate));
  if (found === undefined) {
    throw packFailed(
      backend,
      `the pack has no module ${backend.module}`,
      'Build the pack, or correct the module part of "backend".',
    );
  }
  const real = realpathSync(found);
  if (!real.startsWith(root + sep)) throw packFailed(backend, 'its module lies outside the folder of the pack');
  return real;
}

async function importModule(path: string, backend: CodeBackend): Promise<object> {
  try {
    const exports: object = await import(pathToFileURL(path).href);
    return exports;
  } catch (cause) {
    throw packFailed(backend, 'its module does not load', undefined, cause);
  }
}

function isToolFactory(value: unknown): value is ToolFactory {
  return typeof value === 'function';
}

function packFailed(backend: CodeBackend, what: string, hint?: string, cause?: unknown): CapstanError {
  return new CapstanError('CAPSTAN_PACK_FAILED', `backend ${backend.declared}: ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
