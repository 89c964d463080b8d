import { CapstanError, type JsonValue, type ServiceEndpoint } from '@capstan/sdk';

/** One SRV record, as Node's resolver gives it. */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What the seed's registry answers: `{ url }`, or a list of such or of URLs. @throws CapstanError */
export function fromRegistry(answer: JsonValue): readonly ServiceEndpoint[] {
  const items = Array.isArray(answer) ? answer : [answer];
  return items.map((item: JsonValue) => {
    if (typeof item === 'string') return { url: item, weight: 1 };
    const { url, weight } = record(item);
    if (typeof url !== 'string') throw outside('an entry without a url');
    return { url, weight: positive(weight) };
  });
}

/** What Consul's `GET /v1/health/service/{name}?passing` answers. @throws CapstanError */
export function fromConsul(answer: JsonValue): readonly ServiceEndpoint[] {
  if (!Array.isArray(answer)) throw outside('no list');
  return answer.map((entry: JsonValue) => {
    const service = record(record(entry).Service);
    const host = textOr(service.Address, textOr(record(record(entry).Node).Address, ''));
    const { Port: port } = service;
    if (host === '' || typeof port !== 'number') throw outside('a service without address or port');
    const meta = service.Meta === undefined || service.Meta === null ? {} : record(service.Meta);
    const weights = service.Weights === undefined || service.Weights === null ? {} : record(service.Weights);
    const scheme = meta.scheme === 'https' ? 'https' : 'http';
    return {
      url: `${scheme}://${bracketed(host)}:${port}${textOr(meta.base_path, '')}`,
      weight: positive(weights.Passing),
    };
  });
}

/** The records of the best priority (RFC 2782). `_http.` is plain HTTP, anything else TLS. */
export function fromSrv(service: string, records: readonly SrvRecord[]): readonly ServiceEndpoint[] {
  const best = Math.min(...records.map(({ priority }) => priority));
  const scheme = service.startsWith('_http.') ? 'http' : 'https';
  return records
    .filter(({ priority }) => priority === best)
    .map(({ name, port, weight }) => ({
      url: `${scheme}://${name.replace(/\.$/, '')}:${port}`,
      weight: positive(weight),
    }));
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function positive(weight: JsonValue | undefined): number {
  return typeof weight === 'number' && weight > 0 && Number.isFinite(weight) ? weight : 1;
}

function textOr(value: JsonValue | undefined, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function record(value: JsonValue | undefined): { readonly [key: string]: JsonValue | undefined } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as { readonly [key: string]: JsonValue | undefined };
  }
  throw outside('something that is no object');
}

function outside(what: string): CapstanError {
  return new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', `The service registry answered ${what}.`, {
    hint: 'Check that the registry is of the kind that the connection says: http, consul or dns_srv.',
  });
}
