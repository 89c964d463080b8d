import type { AuthRuleSpec, HttpBackendSpec } from '../backend/http-backend-spec.ts';
import { isObject } from '../json-object.ts';
import { type Node, nodeIn, type OpenApiDocument, textIn, Unmappable } from './openapi-document.ts';

/** One setting that a pack made from a document has. */
export interface ImportedSetting {
  readonly type: 'string';
  readonly description: string;
  readonly 'x-secret'?: true;
  readonly default?: string;
  readonly format?: string;
}

/** How an operation authenticates. */
export interface OperationSecurity {
  /** Absent: whatever the connection has. */
  readonly auth: HttpBackendSpec['auth'] | undefined;
  /** The settings that it needs, all of them. */
  readonly needs: readonly string[];
}

interface Scheme {
  readonly rule: AuthRuleSpec;
  readonly settings: Readonly<Record<string, ImportedSetting>>;
}

/** The security schemes of a document as settings and auth rules. */
export class SecurityImporter {
  readonly #document: OpenApiDocument;
  readonly #schemes: ReadonlyMap<string, Scheme | undefined>;
  readonly #used = new Set<string>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#schemes = readSchemes(document);
  }

  /** How one operation authenticates: its own requirement, or the document's. @throws Unmappable for what is not known. */
  of(operation: Node): OperationSecurity {
    const own = operation.security ?? this.#document.root.security;
    if (!Array.isArray(own)) return { auth: undefined, needs: [] };
    const alternatives = own.filter(isObject);
    if (own.length === 0) return { auth: 'none', needs: [] };
    const isOptional = alternatives.some((each) => Object.keys(each).length === 0);
    const usable = alternatives.find((each) => Object.keys(each).length > 0 && this.#isKnown(each));
    if (usable) return this.#required(Object.keys(usable), isOptional);
    if (isOptional) return { auth: 'none', needs: [] };
    const names = [...new Set(alternatives.flatMap((each) => Object.keys(each)))].join(', ');
    throw new Unmappable(`it authenticates only by ${names || 'nothing'}, which is not supported`);
  }

  /** The settings of the schemes that operations use. */
  settings(): Readonly<Record<string, ImportedSetting>> {
    return Object.assign({}, ...[...this.#used].map((name) => this.#schemes.get(name)?.settings));
  }

  #isKnown(requirement: Node): boolean {
    return Object.keys(requirement).every((name) => this.#schemes.get(name) !== undefined);
  }

  #required(names: readonly string[], isOptional: boolean): OperationSecurity {
    const schemes = names.flatMap((name) => {
      this.#used.add(name);
      const scheme = this.#schemes.get(name);
      return scheme === undefined ? [] : [scheme];
    });
    const rules = schemes.map(({ rule }) => (isOptional ? { ...rule, optional: true } : rule));
    const [only] = rules;
    const needs = isOptional ? [] : schemes.flatMap(({ settings }) => Object.keys(settings));
    return { auth: rules.length === 1 ? only : rules, needs };
  }
}

function readSchemes(document: OpenApiDocument): ReadonlyMap<string, Scheme | undefined> {
  const written = Object.entries(nodeIn(nodeIn(document.root, 'components'), 'securitySchemes'));
  const nodes = written.map(([name, value]): [string, Node] => [name, resolveScheme(document, value)]);
  const tokens = nodes.filter(([, scheme]) => isTokenScheme(scheme)).length;
  const keys = nodes.filter(([, scheme]) => scheme.type === 'apiKey').length;
  return new Map(
    nodes.map(([name, scheme]) => [
      name,
      readScheme(scheme, {
        token: tokens > 1 ? settingName(name) : 'api_token',
        key: keys > 1 ? settingName(name) : 'api_key',
      }),
    ]),
  );
}

function resolveScheme(document: OpenApiDocument, value: unknown): Node {
  const { value: scheme } = document.resolve(value);
  return isObject(scheme) ? scheme : {};
}

function isTokenScheme({ type, scheme }: Node): boolean {
  return (
    type === 'oauth2' || type === 'openIdConnect' || (type === 'http' && String(scheme).toLowerCase() === 'bearer')
  );
}

function readScheme(scheme: Node, settings: { readonly token: string; readonly key: string }): Scheme | undefined {
  const description = textIn(scheme, 'description')?.slice(0, 300);
  if (isTokenScheme(scheme)) {
    const kind = scheme.type === 'http' ? 'Bearer token' : 'OAuth access token';
    return {
      rule: { type: 'bearer', token: setting(settings.token) },
      settings: { [settings.token]: secret(description ?? kind) },
    };
  }
  if (scheme.type === 'http' && String(scheme.scheme).toLowerCase() === 'basic') {
    return {
      rule: { type: 'basic', username: setting('username'), password: setting('password') },
      settings: { username: { type: 'string', description: 'User name' }, password: secret(description ?? 'Password') },
    };
  }
  return scheme.type === 'apiKey' ? readKeyScheme(scheme, settings.key, description) : undefined;
}

function readKeyScheme(scheme: Node, key: string, description: string | undefined): Scheme | undefined {
  const name = textIn(scheme, 'name');
  const place = scheme.in;
  if (name === undefined || (place !== 'header' && place !== 'query' && place !== 'cookie')) return undefined;
  if (place === 'header' && !/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return undefined;
  return {
    rule: { type: 'api_key', in: place, name, value: setting(key) },
    settings: { [key]: secret(description ?? `API key, sent as ${name}`) },
  };
}

function setting(key: string): string {
  return `\${config.${key}}`;
}

function secret(description: string): ImportedSetting {
  return { type: 'string', 'x-secret': true, description };
}

/** The name of a scheme as the key of a setting. */
function settingName(name: string): string {
  const snake = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').replaceAll(/[^A-Za-z0-9]+/g, '_');
  const trimmed = snake.replaceAll(/^_+|_+$/g, '').toLowerCase();
  return /^[a-z]/.test(trimmed) ? trimmed : `key_${trimmed}`;
}
