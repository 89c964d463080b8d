import { isAbsolute } from 'node:path';
import { isHostVariable } from '@capstan/config';
import { type DocumentPath, suggest } from '@capstan/schema';
import { checkAuthSection, checkRanges } from './check-auth-section.ts';
import { checkConnections } from './check-connections.ts';
import { itemsOf, type JsonNode, memberOf, membersOf, nodeAt, textsOf } from './json-node.ts';
import { originOf } from './pack-origin.ts';
import { describePath, type SettingFinding } from './setting-finding.ts';

/** What a schema cannot say. Looks only at what has the right shape: the rest has findings of its own. */
export function crossChecks(root: JsonNode): readonly SettingFinding[] {
  return [
    ...membersOf(memberOf(root, 'packs')).flatMap(([key, pack]) => checkPack(['packs', key], pack)),
    ...membersOf(memberOf(root, 'workspaces')).flatMap(([id, workspace]) =>
      checkEnabled(['workspaces', id, 'packs'], memberOf(workspace, 'packs')),
    ),
    ...checkConnections(root),
    ...checkKeys(root),
    ...checkRanges(root, ['egress', 'allow_private']),
    ...checkAuthSection(root),
    ...checkReferences(root),
    ...checkTimes(root),
    ...checkOrigins(root),
    ...checkUrlAt(
      root,
      ['server', 'public_url'],
      'Write scheme, host and, if there is one, the path: https://tools.example.com.',
    ),
    ...checkUrlAt(root, ['telemetry', 'otlp', 'endpoint'], 'Write scheme, host and port: http://127.0.0.1:4318.'),
  ];
}

function checkPack(path: DocumentPath, pack: JsonNode): readonly SettingFinding[] {
  const from = memberOf(pack, 'from');
  const isOrigin = typeof from !== 'string' || from === '' || originOf(from) !== undefined;
  const origin: SettingFinding = {
    code: 'CAPSTAN_SETTINGS_INVALID_ORIGIN',
    path: [...path, 'from'],
    message: `'${String(from)}' is neither a folder nor an npm package name`,
    hint: "Begin a folder with './', '../' or '/'.",
  };
  const variables = hostVariables([...path, 'environment'], memberOf(pack, 'environment'));
  return isOrigin ? variables : [origin, ...variables];
}

function hostVariables(path: DocumentPath, names: JsonNode): readonly SettingFinding[] {
  return textsOf(names)
    .filter(([, name]) => isHostVariable(name))
    .map(([index, name]) => ({
      code: 'CAPSTAN_SETTINGS_HOST_VARIABLE',
      path: [...path, index],
      message: `the variable ${name} belongs to the host itself and is never readable`,
      hint: 'Put the value under a name of its own in the environment of the host.',
    }));
}

function checkEnabled(path: DocumentPath, names: JsonNode): readonly SettingFinding[] {
  const texts = textsOf(names);
  return texts
    .filter(([index, name]) => texts.some(([earlier, other]) => earlier < index && other === name))
    .map(([index, name]) => ({
      code: 'CAPSTAN_SETTINGS_DUPLICATE_PACK',
      path: [...path, index],
      message: `${describePath(path)} enables ${name} twice`,
      hint: 'Take one of the two away.',
    }));
}

function checkKeys(root: JsonNode): readonly SettingFinding[] {
  const keys = itemsOf(memberOf(root, 'keys')).map((key) => ({
    name: memberOf(key, 'name'),
    workspace: memberOf(key, 'workspace'),
  }));
  const workspaces = workspaceIds(root);
  return keys.flatMap(({ name, workspace }, index) => {
    const isTaken = typeof name === 'string' && keys.slice(0, index).some((earlier) => earlier.name === name);
    const taken: SettingFinding = {
      code: 'CAPSTAN_SETTINGS_DUPLICATE_KEY_NAME',
      path: ['keys', index, 'name'],
      message: `two keys are called '${String(name)}'`,
      hint: 'Give each key a name of its own: the audit knows them by it.',
    };
    const isUnknown = typeof workspace === 'string' && !workspaces.includes(workspace);
    return [...(isTaken ? [taken] : []), ...(isUnknown ? [unknownWorkspace(index, workspace, workspaces)] : [])];
  });
}

function unknownWorkspace(index: number, workspace: string, known: readonly string[]): SettingFinding {
  const meant = suggest(workspace, known);
  return {
    code: 'CAPSTAN_SETTINGS_UNKNOWN_WORKSPACE',
    path: ['keys', index, 'workspace'],
    message: `there is no workspace '${workspace}'`,
    hint: meant === undefined ? `Declared: ${known.join(', ')}.` : `Did you mean '${meant}'?`,
  };
}

function workspaceIds(root: JsonNode): readonly string[] {
  const declared = memberOf(root, 'workspaces');
  return declared === undefined ? ['default'] : membersOf(declared).map(([id]) => id);
}

function checkReferences(root: JsonNode): readonly SettingFinding[] {
  const path = ['references', 'allow', 'files'];
  const files = textsOf(nodeAt(root, path)).filter(([, file]) => file !== '' && !isAbsolute(file));
  return [
    ...hostVariables(['references', 'allow', 'variables'], nodeAt(root, ['references', 'allow', 'variables'])),
    ...files.map(
      ([index, file]): SettingFinding => ({
        code: 'CAPSTAN_SETTINGS_INVALID_FILE',
        path: [...path, index],
        message: `'${file}' is no absolute path`,
        hint: 'Write the whole path, such as /run/secrets/line_token.',
      }),
    ),
  ];
}

function checkTimes(root: JsonNode): readonly SettingFinding[] {
  return [
    ...orderedNumbers(root, ['defaults', 'timeout_ms'], ['defaults', 'deadline_ms']),
    ...orderedNumbers(root, ['defaults', 'retry', 'base_ms'], ['defaults', 'retry', 'max_ms']),
  ];
}

/** Both given, and the smaller one larger: a limit that can never be reached. */
function orderedNumbers(root: JsonNode, smaller: DocumentPath, larger: DocumentPath): readonly SettingFinding[] {
  const [low, high] = [nodeAt(root, smaller), nodeAt(root, larger)];
  if (typeof low !== 'number' || typeof high !== 'number' || low <= high) return [];
  return [
    {
      code: 'CAPSTAN_SETTINGS_CONTRADICTION',
      path: smaller,
      message: `${describePath(smaller)} (${low}) is more than ${describePath(larger)} (${high})`,
      hint: 'Lower the one or raise the other.',
    },
  ];
}

function checkOrigins(root: JsonNode): readonly SettingFinding[] {
  const path = ['server', 'allowed_origins'];
  return textsOf(nodeAt(root, path))
    .filter(([, origin]) => origin !== '' && !isOrigin(origin))
    .map(([index, origin]) => ({
      code: 'CAPSTAN_SETTINGS_INVALID_URL',
      path: [...path, index],
      message: `'${origin}' is no origin of a web page`,
      hint: 'Write scheme, host and port without a path: https://console.example.com.',
    }));
}

/** An http or https URL that more can be appended to. */
function checkUrlAt(root: JsonNode, path: DocumentPath, hint: string): readonly SettingFinding[] {
  const url = nodeAt(root, path);
  if (typeof url !== 'string' || url === '') return [];
  const parsed = URL.parse(url);
  if (parsed && /^https?:$/.test(parsed.protocol) && parsed.search === '' && parsed.hash === '') return [];
  const message = `'${describePath(path)}' is no http or https URL`;
  return [{ code: 'CAPSTAN_SETTINGS_INVALID_URL', path, message, hint }];
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
