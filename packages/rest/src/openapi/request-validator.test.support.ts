import { type CompiledSchema, compileSchema } from '@capstan/schema';
import { isObject, ownMember } from '../json-object.ts';
import type { ReceivedRequest } from '../loopback-service.test.support.ts';

type Node = { readonly [key: string]: unknown };

/**
 * Validates requests by an OpenAPI document, as the service behind it would. It shares nothing with the importer: it
 * works on the document as written, and takes parameters apart where the importer puts them together.
 */
export class RequestValidator {
  readonly #document: Node;
  readonly #operations: readonly { readonly path: string; readonly pattern: RegExp; readonly item: Node }[];
  readonly #schemas = new Map<unknown, CompiledSchema>();

  constructor(document: Node) {
    this.#document = document;
    const paths = isObject(document.paths) ? document.paths : {};
    this.#operations = Object.entries(paths)
      .map(([path, item]) => ({ path, pattern: patternOf(path), item: isObject(item) ? item : {} }))
      // A path with fewer slots is meant before one with more.
      .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length);
  }

  /** The operation that a request is for, and everything that is wrong with it. */
  check(request: ReceivedRequest): { readonly operation: string | undefined; readonly problems: readonly string[] } {
    const [pathname = '', search = ''] = request.target.split('?', 2);
    const found = this.#operations.find(
      ({ pattern, item }) => pattern.test(pathname) && isObject(item[request.method.toLowerCase()]),
    );
    if (!found) return { operation: undefined, problems: [`there is no ${request.method} ${pathname}`] };
    const operation = this.#resolve(found.item[request.method.toLowerCase()]);
    const slots = found.pattern.exec(pathname)?.groups ?? {};
    const parameters = this.#parametersOf(found.item, operation);
    const query = new URLSearchParams(search);
    const problems = [
      ...parameters.flatMap((parameter) => this.#checkParameter(parameter, { slots, query, request })),
      ...[...query.keys()]
        .filter((name) => !parameters.some((each) => each.in === 'query' && covers(each, name)))
        .map((name) => `query ${name} is not known`),
      ...this.#checkBody(operation, request),
    ];
    return { operation: `${request.method} ${found.path}`, problems };
  }

  #parametersOf(item: Node, operation: Node): readonly Node[] {
    const all = [...listIn(item, 'parameters'), ...listIn(operation, 'parameters')].map((each) => this.#resolve(each));
    return [...new Map(all.map((each) => [`${each.in} ${each.name}`, each])).values()];
  }

  #checkParameter(
    parameter: Node,
    {
      slots,
      query,
      request,
    }: { slots: Readonly<Record<string, string>>; query: URLSearchParams; request: ReceivedRequest },
  ): readonly string[] {
    const name = String(parameter.name);
    const schema = this.#resolve(parameter.schema);
    const label = `${parameter.in} ${name}`;
    const slot = slots[slotName(name)];
    const header = request.headers[name.toLowerCase()];
    const texts =
      parameter.in === 'path'
        ? slot === undefined
          ? []
          : [decodeURIComponent(slot)]
        : parameter.in === 'query'
          ? query.getAll(name)
          : parameter.in === 'header' && typeof header === 'string'
            ? [header]
            : [];
    if (texts.length === 0) return parameter.required === true ? [`${label} is missing`] : [];
    const value =
      schema.type === 'array'
        ? (texts.length > 1 ? texts : (texts[0] ?? '').split(',')).map((text) =>
            coerce(text, this.#resolve(schema.items)),
          )
        : coerce(texts[0] ?? '', schema);
    return this.#problems(parameter.schema, value, label);
  }

  #checkBody(operation: Node, { body, headers }: ReceivedRequest): readonly string[] {
    if (operation.requestBody === undefined) return body.length === 0 ? [] : ['nobody asked for a body'];
    const expected = this.#resolve(operation.requestBody);
    if (body.length === 0) return expected.required === true ? ['the body is missing'] : [];
    const content = isObject(expected.content) ? expected.content : {};
    const type = String(headers['content-type']).split(';')[0] ?? '';
    const media = content[type] ?? content['*/*'];
    if (!isObject(media)) return [`the content type ${type} is not known`];
    return type.endsWith('json') ? this.#problems(media.schema, JSON.parse(body.toString()), 'body') : [];
  }

  #problems(schema: unknown, value: unknown, label: string): readonly string[] {
    return this.#compiled(schema)
      .problems(value)
      .map(({ message }) => `${label}: ${message}`);
  }

  /** The schema as written, with the components that it refers to, and `nullable` as JSON Schema says it. */
  #compiled(schema: unknown): CompiledSchema {
    const known = this.#schemas.get(schema);
    if (known) return known;
    const whole = modernised({ ...(isObject(schema) ? schema : {}), ...this.#componentsFor(schema) });
    const compilation = compileSchema(isObject(whole) ? whole : true, { origin: 'foreign' });
    if (!compilation.ok)
      throw new Error(`a schema of the document does not compile: ${compilation.problems[0]?.message}`);
    this.#schemas.set(schema, compilation.schema);
    return compilation.schema;
  }

  #componentsFor(schema: unknown): Node {
    const found = new Map<string, unknown>();
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, member] of Object.entries(value)) {
        if (key !== '$ref' || typeof member !== 'string') visit(member);
        else if (!found.has(member)) {
          found.set(member, this.#at(member));
          visit(found.get(member));
        }
      }
    };
    visit(schema);
    const schemas = [...found].map(([reference, value]) => [reference.split('/').at(-1), value]);
    return schemas.length === 0 ? {} : { components: { schemas: Object.fromEntries(schemas) } };
  }

  #resolve(value: unknown): Node {
    const reference = isObject(value) ? value.$ref : undefined;
    if (typeof reference === 'string') return this.#resolve(this.#at(reference));
    return isObject(value) ? value : {};
  }

  #at(reference: string): unknown {
    return reference
      .split('/')
      .slice(1)
      .reduce<unknown>((at, step) => ownMember(at, step), this.#document);
  }
}

function modernised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(modernised);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, modernised(member)]);
  const { nullable, ...schema } = Object.fromEntries(entries);
  if (typeof nullable !== 'boolean') return Object.fromEntries(entries);
  return nullable ? { anyOf: [schema, { type: 'null' }] } : schema;
}

function patternOf(path: string): RegExp {
  const source = path
    .split(/(\{[^{}]+\})/)
    .map((piece) =>
      piece.startsWith('{')
        ? `(?<${slotName(piece.slice(1, -1))}>[^/]+)`
        : piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    );
  return new RegExp(`^${source.join('')}$`);
}

function slotName(name: string): string {
  return `s_${name.replaceAll(/\W/g, '_')}`;
}

function covers(parameter: Node, name: string): boolean {
  return parameter.name === name || (parameter.style === 'deepObject' && name.startsWith(`${parameter.name}[`));
}

/** What a text stands for, by the type that is expected. */
function coerce(text: string, schema: Node): unknown {
  const types = [schema.type].flat();
  if (types.includes('integer') || types.includes('number')) return text.trim() === '' ? text : Number(text);
  if (types.includes('boolean')) return text === 'true' ? true : text === 'false' ? false : text;
  const numeric = [...listIn(schema, 'oneOf'), ...listIn(schema, 'anyOf')].some(
    (each) => isObject(each) && each.type === 'integer',
  );
  return numeric && /^\d+$/.test(text) ? Number(text) : text;
}

function listIn(node: Node, key: string): readonly unknown[] {
  const value = node[key];
  return Array.isArray(value) ? value : [];
}
