import { ACTION_SCOPES, ROLE_SCOPES, ROLES } from '@capstan/identity';
import type { DocumentPath } from '@capstan/schema';
import { cidrFlaw } from './check-cidr.ts';
import { itemsOf, type JsonNode, memberOf, nodeAt, textOf, textsOf } from './json-node.ts';
import { nameOfIssuer } from './map-auth.ts';
import { describePath, type SettingFinding } from './setting-finding.ts';

/** What a schema cannot say about who may come in. */
export function checkAuthSection(root: JsonNode): readonly SettingFinding[] {
  const issuers = itemsOf(nodeAt(root, ['auth', 'jwt']));
  return [
    ...checkRanges(root, ['auth', 'blocked']),
    ...checkRanges(root, ['server', 'trusted_proxies']),
    ...issuers.flatMap((issuer, index) => checkIssuer(issuer, ['auth', 'jwt', index])),
    ...checkIssuerNames(issuers),
    ...itemsOf(memberOf(root, 'keys')).flatMap((key, index) => checkKey(key, ['keys', index])),
  ];
}

/** Address ranges, and what a range looks like where one is none. */
export function checkRanges(root: JsonNode, path: DocumentPath): readonly SettingFinding[] {
  return textsOf(nodeAt(root, path)).flatMap(([index, range]) => {
    const flaw = range === '' ? undefined : cidrFlaw(range);
    if (flaw === undefined) return [];
    const hint = 'Write an address and a length, such as 127.0.0.0/8 or fd00::/8.';
    return [{ code: 'CAPSTAN_SETTINGS_INVALID_CIDR', path: [...path, index], message: `'${range}' ${flaw}`, hint }];
  });
}

function checkIssuer(issuer: JsonNode, path: DocumentPath): readonly SettingFinding[] {
  return ['issuer', 'jwks_url'].flatMap((key): readonly SettingFinding[] => {
    const url = textOf(issuer, key);
    if (url === undefined || url === '' || isUrl(url)) return [];
    return [
      {
        code: 'CAPSTAN_SETTINGS_INVALID_URL',
        path: [...path, key],
        message: `'${describePath([...path, key])}' is no http or https URL`,
        hint: 'Write it whole, such as https://login.example.com.',
      },
    ];
  });
}

function isUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.hash === '';
}

/** A name stands for an issuer in audit records; two issuers of one name could take each other's users. */
function checkIssuerNames(issuers: readonly JsonNode[]): readonly SettingFinding[] {
  const names = issuers.map((issuer) => textOf(issuer, 'name') ?? nameOfIssuer(textOf(issuer, 'issuer') ?? ''));
  const addresses = issuers.map((issuer) => textOf(issuer, 'issuer'));
  return issuers.flatMap((_, index) => {
    const earlier = names.indexOf(names[index] ?? '');
    const isSameIssuer = addresses.indexOf(addresses[index]) < index;
    if (earlier === index && !isSameIssuer) return [];
    return [
      {
        code: 'CAPSTAN_SETTINGS_CONTRADICTION',
        path: ['auth', 'jwt', index],
        message: isSameIssuer ? 'this issuer stands here twice' : `two issuers are called '${names[index]}'`,
        hint: isSameIssuer ? 'Take one of the two away.' : "Give each a 'name' of its own.",
      },
    ];
  });
}

function checkKey(key: JsonNode, path: DocumentPath): readonly SettingFinding[] {
  const role = ROLES.find((one) => one === (memberOf(key, 'role') ?? 'agent'));
  const own: readonly string[] = role === undefined ? [] : ROLE_SCOPES[role];
  const foreign = textsOf(memberOf(key, 'scopes')).filter(
    ([, scope]) => role !== undefined && isAction(scope) && !own.includes(scope),
  );
  const expiry = textOf(key, 'expires_at');
  return [
    ...foreign.map(
      ([index, scope]): SettingFinding => ({
        code: 'CAPSTAN_SETTINGS_CONTRADICTION',
        path: [...path, 'scopes', index],
        message: `the role ${role} has no scope ${scope}`,
        hint: `It has ${own.join(', ')}.`,
      }),
    ),
    ...(expiry === undefined || !Number.isNaN(Date.parse(expiry)) || !/^\d{4}-/.test(expiry)
      ? []
      : [noTime([...path, 'expires_at'], expiry)]),
  ];
}

function isAction(scope: string): boolean {
  return ACTION_SCOPES.some((known) => known === scope);
}

function noTime(path: DocumentPath, text: string): SettingFinding {
  return {
    code: 'CAPSTAN_SETTINGS_INVALID_VALUE',
    path,
    message: `'${text}' is no time`,
    hint: 'Write it as in RFC 3339: 2027-01-31T00:00:00Z.',
  };
}
