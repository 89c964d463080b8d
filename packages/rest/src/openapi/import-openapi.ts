import { HTTP_METHODS } from '../backend/http-backend.ts';
import { isObject, ownMember } from '../json-object.ts';
import { type ImportServices, importOperation, type OpenApiTool, type Operation } from './import-operation.ts';
import { listIn, type Node, nodeIn, OpenApiDocument, textIn, Unmappable } from './openapi-document.ts';
import { exclusionOf, type OperationFilter } from './operation-filter.ts';
import { OperationNames } from './operation-name.ts';
import { SchemaImporter } from './schema-import.ts';
import { type ImportedSetting, SecurityImporter } from './security.ts';
import { defaultServerUrl } from './servers.ts';

/** What became of one operation. */
export interface OperationReport {
  /** `GET /repos/{owner}`. */
  readonly operation: string;
  readonly status: 'mapped' | 'skipped' | 'excluded';
  /** The name of the tool, where there is one. */
  readonly tool?: string;
  /** Why there is none. */
  readonly reason?: string;
}

/** The settings that the tools of a document need. */
export interface ImportedConfig {
  /** JSON Schema by key, secrets marked with `x-secret`. */
  readonly properties: Readonly<Record<string, ImportedSetting>>;
  readonly required: readonly string[];
}

/** A document as tools. */
export interface OpenApiImport {
  readonly title: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly tools: readonly OpenApiTool[];
  readonly report: readonly OperationReport[];
  readonly config: ImportedConfig;
  /** What the tools may reach, as a manifest says it. */
  readonly egress: readonly string[];
}

/** A document that was imported, or why it cannot be. */
export type OpenApiReading =
  | ({ readonly ok: true } & OpenApiImport)
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Makes tools of the operations of an OpenAPI document (3.0 or 3.1), one each. What cannot be mapped is in the report. Never throws. */
export function importOpenApi(document: unknown, filter: OperationFilter = {}): OpenApiReading {
  if (!isObject(document)) return refused('this is no OpenAPI document', 'It is an object with "openapi" and "paths".');
  const version = document.openapi ?? document.swagger;
  if (typeof document.openapi !== 'string' || !/^3\.[01]\b/.test(document.openapi)) {
    const found = version === undefined ? 'it says no version' : `it is of version ${String(version).slice(0, 20)}`;
    return refused(`only OpenAPI 3.0 and 3.1 can be read; ${found}`, 'Convert it first; editors for OpenAPI can.');
  }
  return { ok: true, ...new Importer(new OpenApiDocument(document), filter).run() };
}

function refused(message: string, hint: string): OpenApiReading {
  return { ok: false, message, hint };
}

class Importer {
  readonly #services: ImportServices;
  readonly #filter: OperationFilter;
  readonly #tools: OpenApiTool[] = [];
  readonly #report: OperationReport[] = [];
  readonly #needs: (readonly string[])[] = [];

  constructor(document: OpenApiDocument, filter: OperationFilter) {
    this.#filter = filter;
    this.#services = {
      document,
      importer: new SchemaImporter(document),
      security: new SecurityImporter(document),
      names: new OperationNames(),
      defaultUrl: defaultServerUrl(document.root),
    };
  }

  run(): OpenApiImport {
    const { root } = this.#services.document;
    for (const [path, item] of Object.entries(nodeIn(root, 'paths'))) this.#addPath(path, item);
    const info = nodeIn(root, 'info');
    return {
      title: textIn(info, 'title') ?? 'API',
      version: textIn(info, 'version') ?? '0',
      description: textIn(info, 'description'),
      tools: this.#tools,
      report: this.#report,
      config: this.#config(),
      egress: this.#egress(),
    };
  }

  #addPath(path: string, written: unknown): void {
    if (path.startsWith('x-')) return;
    const pathItem = this.#attempt(path, () => this.#services.document.resolveObject(written, 'the path'));
    if (!pathItem) return;
    for (const method of ['get', 'head', 'options', 'post', 'put', 'patch', 'delete', 'trace', 'query']) {
      const node = ownMember(pathItem, method);
      if (isObject(node)) this.#addOperation({ path, pathItem, node, method: method.toUpperCase() });
    }
  }

  #addOperation({ path, pathItem, node, method }: { path: string; pathItem: Node; node: Node; method: string }): void {
    const operation = `${method} ${path}`;
    const operationId = textIn(node, 'operationId');
    const tags = listIn(node, 'tags').filter((tag) => typeof tag === 'string');
    const excluded = exclusionOf({ path, operationId, tags }, this.#filter);
    if (excluded !== undefined) {
      this.#report.push({ operation, status: 'excluded', reason: excluded });
      return;
    }
    const known = HTTP_METHODS.find((each) => each === method);
    const tool = this.#attempt(operation, () => {
      if (!known) throw new Unmappable(`the method ${method} is not called`);
      return this.#import({ method: known, path, operationId, pathItem, node });
    });
    if (!tool) return;
    this.#tools.push(tool);
    this.#report.push({ operation, status: 'mapped', tool: tool.name });
  }

  #import(operation: Operation): OpenApiTool {
    const tool = importOperation(operation, this.#services);
    this.#needs.push(this.#services.security.of(operation.node).needs);
    return tool;
  }

  #attempt<Result>(operation: string, work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Unmappable)) throw error;
      this.#report.push({ operation, status: 'skipped', reason: error.message });
      return undefined;
    }
  }

  #config(): ImportedConfig {
    const url = this.#services.defaultUrl;
    const settings = this.#services.security.settings();
    const always = Object.keys(settings).filter((key) => this.#needs.every((needs) => needs.includes(key)));
    const usesBase = this.#tools.some(({ backend }) => backend.configKeys.includes('base_url'));
    const base: ImportedSetting = {
      type: 'string',
      format: 'uri',
      description: 'Base URL of the service',
      ...(url === undefined ? {} : { default: url }),
    };
    // A document that says nothing of credentials mostly means that it leaves them out.
    const fallback: ImportedSetting = {
      type: 'string',
      'x-secret': true,
      description: 'Bearer token, where the service wants one',
    };
    return {
      properties: {
        ...(usesBase ? { base_url: base } : {}),
        ...(Object.keys(settings).length === 0 ? { api_token: fallback } : settings),
      },
      required: [...(usesBase && url === undefined ? ['base_url'] : []), ...always],
    };
  }

  /** A default is an address that is written out: it is declared. */
  #defaultHost(): readonly string[] {
    const { defaultUrl } = this.#services;
    const host = defaultUrl === undefined ? undefined : URL.parse(defaultUrl)?.host;
    return host === undefined ? [] : [host];
  }

  #egress(): readonly string[] {
    const own = new Set(this.#tools.flatMap(({ backend }) => (backend.host === undefined ? [] : [backend.host])));
    const usesBase = this.#tools.some(({ backend }) => backend.configKeys.includes('base_url'));
    return [...(usesBase ? ['${config.base_url}', ...this.#defaultHost()] : []), ...own];
  }
}
