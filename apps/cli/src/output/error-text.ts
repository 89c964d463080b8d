import type { JsonValue, WireError } from '@capstan/sdk';
import { oneLine } from './display-text.ts';

/** What an error says about itself, thrown here or told by a server. */
export type ToldError = Pick<WireError, 'code' | 'hint' | 'details'>;

type Details = WireError['details'];

const MAX_SERVICE_TEXT = 300;

/** What a remote service itself answered, on one line; nothing where it said nothing. */
export function serviceLines({ remote_status, remote_code, remote_details, rpc_error }: Details): readonly string[] {
  const facts = [
    ...(isShort(remote_status) ? [`status ${remote_status}`] : []),
    ...(isShort(remote_code) ? [`code ${remote_code}`] : []),
    ...[remote_details, rpc_error].filter(isTelling).map((said) => JSON.stringify(said)),
  ];
  const text = oneLine(facts.join(', '));
  if (text === '') return [];
  return [`service: ${text.length > MAX_SERVICE_TEXT ? `${text.slice(0, MAX_SERVICE_TEXT)}…` : text}`];
}

/** Required keys that nothing set, beside another problem, each with its places. */
export function missingLines({ missing }: Details): readonly string[] {
  if (!Array.isArray(missing)) return [];
  return missing
    .filter(isMissing)
    .flatMap(({ key, places }) => [
      `missing ${oneLine(key)}`,
      ...(Array.isArray(places) ? places.filter((place) => typeof place === 'string') : []).map(
        (place) => `  ${oneLine(place)}`,
      ),
    ]);
}

function isMissing(value: JsonValue): value is { readonly key: string; readonly places?: JsonValue } {
  return typeof value === 'object' && value !== null && 'key' in value && typeof value.key === 'string';
}

/** The next action in the words of a command line: options instead of fields, seconds, and nothing of `details`. */
export function hintText({ code, hint, details }: ToldError): string {
  const meant = code === 'CAPSTAN_CONNECTION_AMBIGUOUS' ? connectionHint(details.candidates) : undefined;
  return oneLine(
    (meant ?? hint)
      .replace(/listed in details\.(?:problems|missing)/u, 'listed above')
      .replace(/(?<verb>wait for|after) (?:the time in )?details\.retry_after_ms/iu, waitText(details))
      .replace(
        'details has its reason',
        serviceLines(details).length > 0 ? 'its reason stands above' : 'it gave no reason',
      )
      .replace(/stands in details\.rpc_error/u, 'stands above')
      .replace(/\bdetails\.(?<name>\w+)/gu, 'the $<name> above'),
  );
}

/** `try again in 57 s`, where the error knows when. */
export function retryLines({ retry_after_ms }: Details): readonly string[] {
  return typeof retry_after_ms === 'number' ? [`try again in ${secondsText(retry_after_ms)}`] : [];
}

function waitText({ retry_after_ms }: Details): string {
  if (typeof retry_after_ms !== 'number') return '$<verb> a while';
  return `$<verb> ${secondsText(retry_after_ms)}`;
}

function secondsText(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))} s`;
}

function connectionHint(candidates: JsonValue | undefined): string | undefined {
  const [first] = Array.isArray(candidates) ? candidates : [];
  const id = typeof first === 'object' && first !== null && 'id' in first ? first.id : first;
  return typeof id === 'string' ? `Name one of the candidates, for example --connection ${id}` : undefined;
}

function isShort(value: JsonValue | undefined): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function isTelling(value: JsonValue | undefined): value is JsonValue {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
