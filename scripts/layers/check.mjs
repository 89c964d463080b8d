import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { findCycles } from './cycles.mjs';
import { importsOf, lineAt, packageNameOf, withoutCommentsAndStrings } from './imports.mjs';
import { AMBIENT_RULES, KNOWN_FILE_CYCLES, refuseArrow, refuseLibrary } from './rules.mjs';
import { readCatalog, readWorkspace } from './workspace.mjs';

/** Tests may use what the root's package.json brings for everybody. */
const ROOT_TOOLS = ['vitest', 'fast-check'];

/**
 * Checks a repository against the layers of the design.
 *
 * @returns {{ problems: readonly string[], packages: number, files: number }} each problem with its file and line
 */
export function checkLayers(root) {
  const packages = readWorkspace(root);
  const context = { root, packages, byName: new Map(packages.map((each) => [each.name, each])) };
  const problems = [
    ...packages.flatMap((each) => [
      ...checkDeclared(each, context),
      ...checkImports(each, context),
      ...checkAmbient(each),
      ...checkReferences(each, context),
    ]),
    ...checkLibraries(packages, context),
    ...checkPackVersions(packages, readCatalog(root)),
    ...checkPackageCycles(packages, context),
    ...checkFileCycles(packages),
  ];
  return { problems, packages: packages.length, files: packages.flatMap(({ files }) => files).length };
}

function checkDeclared({ folder, json }, { byName }) {
  const check = (names, inTest) =>
    names.flatMap((name) => {
      const target = byName.get(name);
      const refusal = target === undefined ? undefined : refuseArrow(folder, target.folder, inTest);
      return refusal === undefined ? [] : [`${folder}/package.json: may not depend on ${name}: ${refusal}`];
    });
  return [...check(runtimeNames(json), false), ...check(Object.keys(json.devDependencies ?? {}), true)];
}

function runtimeNames(json) {
  return Object.keys({ ...json.dependencies, ...json.peerDependencies, ...json.optionalDependencies });
}

function checkImports(each, { byName }) {
  const atRunTime = new Set(runtimeNames(each.json));
  const inTests = new Set([...atRunTime, ...Object.keys(each.json.devDependencies ?? {}), ...ROOT_TOOLS]);
  return each.files.flatMap((file) => {
    const declared = file.isTest ? inTests : atRunTime;
    return importsOf(file.text).flatMap(({ specifier, line }) => {
      const problem = specifier.startsWith('.')
        ? refuseRelative(specifier, file, each)
        : refuseNamed(specifier, file, each, { byName, declared });
      return problem === undefined ? [] : [`${file.path}:${line}: ${problem}`];
    });
  });
}

function refuseNamed(specifier, { isTest }, each, { byName, declared }) {
  const name = packageNameOf(specifier);
  if (name === undefined || builtinModules.includes(name)) return undefined;
  if (name === each.name) return 'imports its own package; use a relative path';
  const target = byName.get(name);
  const refusal = target === undefined ? undefined : refuseArrow(each.folder, target.folder, isTest);
  if (refusal !== undefined) return `may not import ${name}: ${refusal}`;
  if (declared.has(name)) return undefined;
  return `imports ${name}, which ${each.folder}/package.json does not declare${isTest ? '' : ' as a dependency'}`;
}

function refuseRelative(specifier, { path }, { folder }) {
  const target = posix.join(posix.dirname(path), specifier);
  return target.startsWith(`${folder}/`) ? undefined : `'${specifier}' leaves the package; import by name`;
}

function checkAmbient({ files }) {
  return files
    .filter(({ isTest }) => !isTest)
    .flatMap((file) =>
      AMBIENT_RULES.filter(({ allowed }) => !allowed.some((place) => file.path.startsWith(place))).flatMap((rule) =>
        ambientLines(file.text, rule).map((line) => `${file.path}:${line}: ${rule.message}`),
      ),
    );
}

function ambientLines(text, { pattern, modules }) {
  const code = withoutCommentsAndStrings(text);
  const used = [...code.matchAll(pattern)].map((match) => lineAt(code, match.index));
  const imported = importsOf(text)
    // A type opens no socket.
    .filter(({ specifier, isType }) => !isType && modules.includes(specifier.replace(/^node:/, '')))
    .map(({ line }) => line);
  return [...used, ...imported];
}

/** `tsc -b` builds in the order of the references; a missing one fails on a fresh clone only. */
function checkReferences({ folder, json }, { root, byName }) {
  const path = [`${folder}.tsconfig.json`, `${folder}/tsconfig.json`].find((each) => existsSync(join(root, each)));
  if (path === undefined) return [];
  const { references = [] } = JSON.parse(readFileSync(join(root, path), 'utf8'));
  const referenced = new Set(references.map((reference) => posix.join(dirname(path), reference.path)));
  const internal = Object.keys({ ...json.dependencies, ...json.devDependencies }).flatMap(
    (name) => byName.get(name)?.folder ?? [],
  );
  return internal
    .filter((target) => !referenced.has(target))
    .map((target) => `${path}: does not reference ${target}, which ${folder}/package.json depends on`);
}

function checkLibraries(packages, { byName }) {
  const uses = packages.flatMap(({ folder, files }) =>
    files
      .filter(({ isTest }) => !isTest)
      .flatMap(({ path, text }) =>
        importsOf(text).flatMap(({ specifier, line }) => {
          const library = packageNameOf(specifier);
          const isForeign = library !== undefined && !byName.has(library) && !builtinModules.includes(library);
          return isForeign ? [{ library, folder, place: `${path}:${line}` }] : [];
        }),
      ),
  );
  return uses.flatMap(({ library, folder, place }) => {
    const importers = [...new Set(uses.filter((use) => use.library === library).map((use) => use.folder))];
    const refusal = refuseLibrary(library, folder, importers);
    return refusal === undefined ? [] : [`${place}: ${refusal}`];
  });
}

/** A pack's folder is copied out of here, so it names versions itself; they must still be those of everybody. */
function checkPackVersions(packages, catalog) {
  return packages
    .filter(({ folder }) => folder.startsWith('packs/'))
    .flatMap(({ folder, json }) =>
      Object.entries({ ...json.dependencies, ...json.devDependencies }).flatMap(([name, version]) => {
        const place = `${folder}/package.json: ${name} is '${version}'`;
        if (/^(?:workspace|catalog|link|file):/.test(version)) return [`${place}, which means nothing outside of here`];
        const ours = catalog.get(name);
        return ours === undefined || ours === version ? [] : [`${place}, but '${ours}' in the catalog`];
      }),
    );
}

function checkPackageCycles(packages, { byName }) {
  const graph = new Map(
    packages.map(({ folder, json }) => [folder, runtimeNames(json).flatMap((name) => byName.get(name)?.folder ?? [])]),
  );
  return findCycles(graph).map((cycle) => `packages depend on each other in a circle: ${cycle.join(' -> ')}`);
}

function checkFileCycles(packages) {
  const paths = new Set(packages.flatMap(({ files }) => files.map(({ path }) => path)));
  const graph = new Map(
    packages.flatMap(({ files }) =>
      files.map(({ path, text }) => [
        path,
        importsOf(text)
          .filter(({ specifier }) => specifier.startsWith('.'))
          .map(({ specifier }) => posix.join(posix.dirname(path), specifier))
          .filter((target) => paths.has(target)),
      ]),
    ),
  );
  const cycles = findCycles(graph);
  const unknown = cycles.filter((cycle) => !KNOWN_FILE_CYCLES.some(({ files }) => isSameSet(files, cycle)));
  const gone = KNOWN_FILE_CYCLES.filter(
    ({ files }) => files.every((file) => paths.has(file)) && !cycles.some((cycle) => isSameSet(files, cycle)),
  );
  return [
    ...unknown.map((cycle) => `files import each other in a circle: ${cycle.join(' -> ')}`),
    ...gone.map(
      ({ files }) => `the known cycle of ${files.join(', ')} is gone; take it out of scripts/layers/rules.mjs`,
    ),
  ];
}

function isSameSet(left, right) {
  return new Set(left).symmetricDifference(new Set(right)).size === 0;
}
