import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { HostSettings, PackSettings } from '../settings/host-settings.ts';

/** A folder that should hold a pack. */
export interface FoundPack {
  /** Absolute. */
  readonly folder: string;
  /** How a person finds it. */
  readonly origin: string;
  /** The npm package name, where it is one. */
  readonly packageName?: string;
  /** True when the operator named it: then a missing folder is a finding, not nothing. */
  readonly named: boolean;
  readonly settings?: PackSettings;
}

const MANIFEST_NAMES = ['manifest.yaml', 'manifest.yml', 'manifest.json'];
/** The keyword by which an npm package says that it is a pack. */
const PACK_KEYWORD = 'capstan-pack';

/**
 * Finds packs: those that the settings name, then folders by glob, then npm packages among the direct dependencies.
 * Each folder once, in an order that depends on nothing but the settings and the names on disk.
 */
export function findPacks(options: {
  readonly cwd: string;
  readonly settings: HostSettings;
  readonly globs: readonly string[];
}): readonly FoundPack[] {
  const { cwd, settings } = options;
  const found = new Map<string, FoundPack>();
  const add = (pack: FoundPack): void => {
    if (!found.has(pack.folder)) found.set(pack.folder, pack);
  };
  for (const pack of settings.packs.values()) for (const place of namedPlace(pack, cwd)) add(place);
  for (const glob of [...settings.discover, ...options.globs]) for (const folder of foldersOf(glob, cwd)) add(folder);
  for (const pack of dependencyPacks(cwd)) add(pack);
  return [...found.values()];
}

function namedPlace(settings: PackSettings, cwd: string): readonly FoundPack[] {
  const { from } = settings;
  if (from.kind === 'folder') {
    return [{ folder: resolve(cwd, from.path), origin: from.path, named: true, settings }];
  }
  if (from.kind === 'package') {
    const folder = packageFolder(from.name, cwd) ?? join(cwd, 'node_modules', from.name);
    return [{ folder, origin: from.name, packageName: from.name, named: true, settings }];
  }
  return [];
}

function foldersOf(glob: string, cwd: string): readonly FoundPack[] {
  return globSync(glob, { cwd })
    .map((match) => resolve(cwd, match))
    .filter(holdsManifest)
    .sort()
    .map((folder) => ({ folder, origin: relative(cwd, folder) || '.', named: false }));
}

function dependencyPacks(cwd: string): readonly FoundPack[] {
  const names = Object.keys(record(readJson(join(cwd, 'package.json')), 'dependencies')).sort();
  return names.flatMap((name) => {
    const folder = packageFolder(name, cwd);
    return folder !== undefined && isPack(folder) ? [{ folder, origin: name, packageName: name, named: false }] : [];
  });
}

function isPack(folder: string): boolean {
  const keywords: unknown = Reflect.get(readJson(join(folder, 'package.json')), 'keywords');
  return Array.isArray(keywords) && keywords.includes(PACK_KEYWORD);
}

/** Where Node would find a package: `node_modules` of the folder, then of its parents. */
function packageFolder(name: string, from: string): string | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(folder)) return folder;
  const parent = dirname(from);
  return parent === from ? undefined : packageFolder(name, parent);
}

function holdsManifest(folder: string): boolean {
  return (
    statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true &&
    MANIFEST_NAMES.some((name) => existsSync(join(folder, name)))
  );
}

/** An unreadable package.json is as good as none here: nothing is discovered through it. */
function readJson(path: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function record(value: object, key: string): object {
  const member: unknown = Reflect.get(value, key);
  return typeof member === 'object' && member !== null ? member : {};
}
