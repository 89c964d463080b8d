import { maskSecrets } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { ActRecord, AdministrativeAct } from './audit-record.ts';
import { isoTime } from './iso-time.ts';

/** The record of an administrative act. Known secrets in its details are masked, though none should be there. */
export function actRecord(act: AdministrativeAct, now: number): ActRecord {
  return {
    kind: 'act',
    at: isoTime(now),
    surface: act.surface,
    workspace: act.workspace,
    principal: act.principal.id,
    roles: act.principal.roles,
    address: act.origin?.address,
    key: act.origin?.key,
    act: act.act,
    target: maskSecrets(act.target),
    details: act.details && masked(act.details),
    status: act.status ?? 'succeeded',
    code: act.code,
  };
}

function masked(details: JsonObject): JsonValue {
  return JSON.parse(maskSecrets(JSON.stringify(details)));
}
