import type { JsonObject } from '@capstan/sdk';
import type { NamedUpstream, Upstream } from './upstream.ts';

/** A prompt or a resource, at the server that has it and as it is called there. */
export interface FeatureRoute {
  readonly server: string;
  readonly upstream: Upstream;
  readonly own: string;
}

/** Scheme of URIs that two servers have: `capstan+{server}:{uri}`. */
const SCHEME = 'capstan+';

/**
 * Prompts, resources and templates of several servers under names that do not collide.
 *
 * 1. A name or URI goes out as its server gave it. Where two servers have the same one, the first (servers stand in the
 *    order in which they were added) keeps it, and the other's is qualified by the name of its server.
 * 2. The qualified form of every name always resolves, whether somebody else has the plain one or not.
 */
export class FeatureBook {
  readonly prompts: readonly JsonObject[];
  readonly resources: readonly JsonObject[];
  readonly templates: readonly JsonObject[];
  readonly #servers: readonly NamedUpstream[];
  readonly #prompts = new Map<string, FeatureRoute>();
  readonly #resources = new Map<string, FeatureRoute>();
  readonly #templates = new Map<string, FeatureRoute>();

  constructor(servers: readonly NamedUpstream[]) {
    this.#servers = servers;
    this.prompts = visible(servers, 'prompts').flatMap((server) =>
      server.upstream.offer.prompts.map(({ name, item }) => {
        const exposed = this.#claim(this.#prompts, server, name, `${server.name}_${name}`);
        return { ...item, name: exposed };
      }),
    );
    this.resources = visible(servers, 'resources').flatMap((server) =>
      server.upstream.offer.resources.map((item) => this.#listed(this.#resources, server, item, 'uri')),
    );
    this.templates = visible(servers, 'resources').flatMap((server) =>
      server.upstream.offer.templates.map((item) => this.#listed(this.#templates, server, item, 'uriTemplate')),
    );
  }

  /** What a new client is told that it may ask for. */
  capabilities(): JsonObject {
    const offers = this.#servers.map(({ upstream }) => upstream.offer);
    const has = (key: 'completions' | 'logging'): boolean => offers.some((offer) => offer.has[key]);
    const subscribe = offers.some((offer) => offer.has.subscribe);
    return {
      prompts: { listChanged: true },
      resources: { listChanged: true, ...(subscribe ? { subscribe: true } : {}) },
      ...(has('completions') ? { completions: {} } : {}),
      ...(has('logging') ? { logging: {} } : {}),
    };
  }

  /** What the servers tell the client's model, under their names where there are several. */
  instructions(): string | undefined {
    const told = this.#servers.flatMap(({ name, upstream }) => {
      const text = upstream.offer.instructions;
      return text === undefined || text === '' ? [] : [{ name, text }];
    });
    const [first] = told;
    if (first === undefined || told.length === 1) return first?.text;
    return told.map(({ name, text }) => `## ${name}\n\n${text}`).join('\n\n');
  }

  prompt(name: string): FeatureRoute | undefined {
    return this.#prompts.get(name);
  }

  template(uriTemplate: string): FeatureRoute | undefined {
    return this.#templates.get(uriTemplate) ?? this.#qualified(uriTemplate);
  }

  /** A listed resource, else one whose URI a template makes, else the only server that has resources at all. */
  resource(uri: string): FeatureRoute | undefined {
    const listed = this.#resources.get(uri) ?? this.#qualified(uri);
    if (listed !== undefined) return listed;
    for (const [template, route] of this.#templates) if (matches(template, uri)) return { ...route, own: uri };
    const having = visible(this.#servers, 'resources').filter(
      ({ upstream: { offer } }) => offer.resources.length > 0 || offer.templates.length > 0,
    );
    const [only] = having;
    return only !== undefined && having.length === 1
      ? { server: only.name, upstream: only.upstream, own: uri }
      : undefined;
  }

  /** What clients call a resource that its server calls `own`. */
  exposedUri(server: string, own: string): string {
    const plain = this.#resources.get(own);
    return plain === undefined || plain.server === server ? own : qualifiedUri(server, own);
  }

  #listed(
    book: Map<string, FeatureRoute>,
    server: NamedUpstream,
    item: JsonObject,
    key: 'uri' | 'uriTemplate',
  ): JsonObject {
    const own = String(item[key]);
    return { ...item, [key]: this.#claim(book, server, own, qualifiedUri(server.name, own)) };
  }

  /** 1 */
  #claim(
    book: Map<string, FeatureRoute>,
    { name: server, upstream }: NamedUpstream,
    own: string,
    other: string,
  ): string {
    const route: FeatureRoute = { server, upstream, own };
    const exposed = book.has(own) ? other : own;
    book.set(exposed, route);
    if (!book.has(other)) book.set(other, route);
    return exposed;
  }

  /** 2 */
  #qualified(uri: string): FeatureRoute | undefined {
    if (!uri.startsWith(SCHEME)) return undefined;
    const end = uri.indexOf(':');
    const server = visible(this.#servers, 'resources').find(
      ({ name }) => schemeName(name) === uri.slice(SCHEME.length, end).toLowerCase(),
    );
    return server && { server: server.name, upstream: server.upstream, own: uri.slice(end + 1) };
  }
}

function visible(servers: readonly NamedUpstream[], what: 'prompts' | 'resources'): readonly NamedUpstream[] {
  return servers.filter(({ shows }) => shows?.[what] ?? true);
}

function qualifiedUri(server: string, uri: string): string {
  return `${SCHEME}${schemeName(server)}:${uri}`;
}

/** Whether a template (RFC 6570, what stands between its expressions) can make a URI. Linear: no backtracking over several stars. */
function matches(template: string, uri: string): boolean {
  const literals = template.split(/\{[^{}]*\}/);
  const [first = '', ...rest] = literals;
  if (!uri.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return uri === first;
  let at = first.length;
  for (const literal of rest) {
    const found = uri.indexOf(literal, at);
    if (found === -1) return false;
    at = found + literal.length;
  }
  return uri.length - last.length >= at && uri.endsWith(last);
}

/** A scheme knows no underscore (RFC 3986, 3.1). */
function schemeName(server: string): string {
  return server.toLowerCase().replaceAll('_', '-');
}
