import { type DocumentPath, type SchemaProblem, suggest } from '@capstan/schema';
import { isMapping, type JsonNode, membersOf, nodeAt } from './json-node.ts';
import { describePath, type SettingFinding } from './setting-finding.ts';
import { compiledSettingsSchema, resolved, schemaAt } from './settings-schema.ts';

/** Enough for every mistake that a person makes in one file. */
const MAX_PROBLEMS = 500;

/** Everything in which a file does not fit the published schema. */
export function checkSchema(root: JsonNode): readonly SettingFinding[] {
  return compiledSettingsSchema()
    .problems(root, MAX_PROBLEMS)
    .flatMap((problem) => findingsOf(problem, pathOf(problem.pointer, root), root));
}

function findingsOf(problem: SchemaProblem, path: DocumentPath, root: JsonNode): readonly SettingFinding[] {
  const { keyword, property } = problem;
  const node = nodeAt(root, path);
  // Echoes: the condition around what is reported anyway, and the pattern inside `propertyNames`.
  if (keyword === 'if' || (keyword !== 'propertyNames' && isAboutNames(keyword) && isMapping(node))) return [];
  if (keyword === 'propertyNames') return invalidNames(path, node);
  if (keyword === 'additionalProperties' && property !== undefined) return [unknownKey(path, property)];
  if (keyword === 'required' && property !== undefined) return [missingKey(path, property, problem.hint)];
  if (keyword === 'const' && path.at(-1) === 'trust') return [unknownTrust(path)];
  if (keyword === 'type') return [wrongType(path, problem)];
  return [invalidValue(path, problem)];
}

function isAboutNames(keyword: string): boolean {
  return keyword === 'pattern' || keyword === 'maxLength';
}

function unknownKey(path: DocumentPath, key: string): SettingFinding {
  const known = membersOf(schemaAt(path)?.properties).map(([name]) => name);
  const meant = suggest(key, known);
  return {
    code: 'CAPSTAN_SETTINGS_UNKNOWN_KEY',
    path: [...path, key],
    part: 'key',
    message: `'${key}' is not a key of ${describePlace(path)}`,
    hint: meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean '${meant}'?`,
  };
}

function missingKey(path: DocumentPath, key: string, hint: string | undefined): SettingFinding {
  const description = descriptionAt([...path, key]);
  return {
    code: 'CAPSTAN_SETTINGS_MISSING_KEY',
    path,
    message: `${describePlace(path)} lacks '${key}'`,
    hint: hint ?? `Add '${key}'${description === '' ? '.' : `: ${description}`}`,
  };
}

function unknownTrust(path: DocumentPath): SettingFinding {
  return {
    code: 'CAPSTAN_SETTINGS_UNKNOWN_TRUST',
    path,
    message: `'${describePath(path)}' can only be in_process`,
    hint: 'Write in_process if code of this pack may run in the host; take the key away if it may not.',
  };
}

function wrongType(path: DocumentPath, { message }: SchemaProblem): SettingFinding {
  const description = descriptionAt(path);
  return {
    code: 'CAPSTAN_SETTINGS_WRONG_TYPE',
    path,
    message,
    hint: description === '' ? 'Compare it with docs/formats/capstan-yaml.md.' : description,
  };
}

function invalidValue(path: DocumentPath, { message, hint }: SchemaProblem): SettingFinding {
  const description = descriptionAt(path);
  const advice = description === '' ? 'Compare it with docs/formats/capstan-yaml.md.' : description;
  return { code: 'CAPSTAN_SETTINGS_INVALID_VALUE', path, message, hint: hint ?? advice };
}

function invalidNames(path: DocumentPath, node: JsonNode): readonly SettingFinding[] {
  const declared = schemaAt(path)?.propertyNames;
  const names = isMapping(declared) ? resolved(declared) : {};
  const pattern = new RegExp(typeof names.pattern === 'string' ? names.pattern : '');
  const limit = typeof names.maxLength === 'number' ? names.maxLength : Number.POSITIVE_INFINITY;
  return membersOf(node)
    .filter(([key]) => !pattern.test(key) || key.length > limit)
    .map(([key]) => ({
      code: 'CAPSTAN_SETTINGS_INVALID_NAME',
      path: [...path, key],
      part: 'key',
      message: `'${key}' under ${describePath(path)} ${String(names.patternErrorMessage)}`,
      hint: String(names.description),
    }));
}

function descriptionAt(path: DocumentPath): string {
  const description = schemaAt(path)?.description;
  return typeof description === 'string' ? description : '';
}

function describePlace(path: DocumentPath): string {
  return path.length === 0 ? 'the file' : `'${describePath(path)}'`;
}

/** The path of a JSON Pointer (RFC 6901) in this document: steps into arrays are numbers. */
function pathOf(pointer: string, root: JsonNode): DocumentPath {
  const path: (string | number)[] = [];
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(nodeAt(root, path)) ? Number(key) : key);
  }
  return path;
}
