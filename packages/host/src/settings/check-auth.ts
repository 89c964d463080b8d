import { RESERVED_HEADERS } from '@capstan/http';
import type { DocumentPath } from '@capstan/schema';
import { suggest } from '@capstan/schema';
import { AUTH_TYPES, type AuthType } from '@capstan/sdk';
import { AUTH_FIELD_ALIASES, AUTH_FIELDS } from './auth-fields.ts';
import { type JsonNode, memberOf, membersOf, textOf } from './json-node.ts';
import { describePath, type SettingFinding } from './setting-finding.ts';

/** How a connection proves who it is: what the type takes, and what goes together. */
export function checkAuth(path: DocumentPath, auth: JsonNode): readonly SettingFinding[] {
  const type = AUTH_TYPES.find((one) => one === memberOf(auth, 'type'));
  if (type === undefined) return [];
  return [
    ...foreignFields(path, auth, type),
    ...(type === 'api_key' ? checkKey(path, auth) : []),
    ...(type === 'basic' ? checkUsername(path, auth) : []),
    ...(type.startsWith('oauth2_') ? checkEndpoints(path, auth, type) : []),
  ];
}

/** Only those that some type has: the schema reports the others. */
function foreignFields(path: DocumentPath, auth: JsonNode, type: AuthType): readonly SettingFinding[] {
  const own = AUTH_FIELDS[type];
  const known = new Set(Object.values(AUTH_FIELDS).flat());
  return membersOf(auth)
    .filter(([key]) => known.has(key) && !own.includes(key))
    .map(([key]) => {
      const meant = suggest(key, own);
      const listed = own.length === 0 ? 'It takes no other key.' : `It takes ${own.join(', ')}.`;
      return {
        code: 'CAPSTAN_SETTINGS_UNKNOWN_KEY',
        path: [...path, key],
        part: 'key',
        message: `'${key}' is not a key of auth of type ${type}`,
        hint: meant === undefined ? listed : `Did you mean '${meant}'?`,
      };
    });
}

function checkKey(path: DocumentPath, auth: JsonNode): readonly SettingFinding[] {
  const findings: SettingFinding[] = [];
  const header = textOf(auth, 'header') ?? textOf(auth, 'auth_header');
  if (header !== undefined && RESERVED_HEADERS.has(header.toLowerCase())) {
    findings.push({
      code: 'CAPSTAN_SETTINGS_INVALID_VALUE',
      path: [...path, textOf(auth, 'header') === undefined ? 'auth_header' : 'header'],
      message: `a key cannot travel in the header '${header}'`,
      hint: 'Write the header that the service reads the key from, such as X-API-Key.',
    });
  }
  if (memberOf(auth, 'query') !== undefined) {
    const inHeader = ['header', 'scheme', 'auth_header', 'auth_type'].filter(
      (key) => memberOf(auth, key) !== undefined,
    );
    findings.push(...inHeader.map((key) => contradiction([...path, key], `'${key}' and 'query' exclude each other`)));
  }
  for (const [alias, name] of Object.entries(AUTH_FIELD_ALIASES)) {
    if (memberOf(auth, alias) === undefined || memberOf(auth, name) === undefined) continue;
    findings.push(contradiction([...path, alias], `'${alias}' and '${name}' mean the same`));
  }
  return findings;
}

function contradiction(path: DocumentPath, message: string): SettingFinding {
  return {
    code: 'CAPSTAN_SETTINGS_CONTRADICTION',
    path,
    part: 'key',
    message,
    hint: 'Take one of the two away.',
  };
}

/** RFC 7617, section 2: the first colon ends the name. */
function checkUsername(path: DocumentPath, auth: JsonNode): readonly SettingFinding[] {
  const username = textOf(auth, 'username') ?? '';
  if (!username.includes(':') || holdsReferences(username)) return [];
  return [
    {
      code: 'CAPSTAN_SETTINGS_INVALID_VALUE',
      path: [...path, 'username'],
      message: `'${describePath([...path, 'username'])}' has a colon, which ends a name in basic credentials`,
      hint: 'Put what stands behind the colon into password.',
    },
  ];
}

function checkEndpoints(path: DocumentPath, auth: JsonNode, type: AuthType): readonly SettingFinding[] {
  const wanted = type === 'oauth2_authorization_code' ? ['token_url', 'authorization_url'] : ['token_url'];
  const isMissing = (key: string): boolean => memberOf(auth, key) === undefined;
  const missing = isMissing('issuer') ? wanted.filter(isMissing) : [];
  return [
    ...missing.map(
      (key): SettingFinding => ({
        code: 'CAPSTAN_SETTINGS_MISSING_KEY',
        path,
        message: `'${describePath(path)}' lacks '${key}'`,
        hint: `Add 'issuer', where the endpoints are found, or '${key}'.`,
      }),
    ),
    ...['issuer', 'token_url', 'authorization_url'].flatMap((key) => checkUrl([...path, key], textOf(auth, key))),
  ];
}

function checkUrl(path: DocumentPath, url: string | undefined): readonly SettingFinding[] {
  if (url === undefined || url === '' || holdsReferences(url)) return [];
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return [];
  return [
    {
      code: 'CAPSTAN_SETTINGS_INVALID_URL',
      path,
      message: `'${describePath(path)}' is no http or https URL`,
      hint: 'Write it whole, such as https://login.example.com/token.',
    },
  ];
}

/** A text with references in it can be judged only after they are resolved. */
function holdsReferences(text: string): boolean {
  return /\$\{|^env:|^file:/.test(text);
}
