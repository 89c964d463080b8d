import { createHash } from 'node:crypto';
import { DOCS_SCRIPT } from './docs-script.ts';
import { DOCS_STYLE } from './docs-style.ts';
import type { OpenApiDocument, OpenApiOperation, OpenApiParameter } from './openapi-document.ts';

/** The documentation as one page: no other file, no other host. */
export interface DocsPage {
  readonly html: string;
  /** Content-Security-Policy: only the page's own style and script run, and it loads nothing. */
  readonly policy: string;
}

/** Renders an OpenAPI document. */
export function docsPage(document: OpenApiDocument): DocsPage {
  const operations = operationsOf(document);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(document.info.title)} REST</title>
<style>${DOCS_STYLE}</style>
</head>
<body>
<header>
<a class="name" href="#top">${escaped(document.info.title)} <small>${escaped(document.info.version)}</small></a>
<input id="filter" type="search" placeholder="Filter operations" aria-label="Filter operations">
<a href="/openapi.json">openapi.json</a>
<button id="theme" type="button" aria-label="Switch between light and dark">◐</button>
</header>
<div class="columns">
<nav aria-label="Operations">${document.tags.map((tag) => navigation(tag.name, operations)).join('')}</nav>
<main id="top">
<section class="intro"><p>${prose(document.info.description)}</p>
<p>Send a key with every request: <code>Authorization: Bearer cap_…</code>. The same tools are served over MCP at <code>/mcp</code>.</p></section>
${document.tags.map((tag) => section(tag, operations, document)).join('\n')}
</main>
</div>
<script>${DOCS_SCRIPT}</script>
</body>
</html>
`;
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(DOCS_STYLE)}'`,
    `script-src '${hashOf(DOCS_SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, policy };
}

interface ListedOperation extends OpenApiOperation {
  readonly method: string;
  readonly path: string;
}

function operationsOf(document: OpenApiDocument): readonly ListedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  );
}

function navigation(tag: string, operations: readonly ListedOperation[]): string {
  const items = operations.filter(({ tags }) => tags.includes(tag));
  const links = items.map(
    ({ method, operationId, summary }) =>
      `<li data-operation="${operationId}"><a href="#${operationId}">${badge(method)}${escaped(summary)}</a></li>`,
  );
  return `<h2>${escaped(tag)}</h2><ul>${links.join('')}</ul>`;
}

function section(
  { name, description }: OpenApiDocument['tags'][number],
  operations: readonly ListedOperation[],
  document: OpenApiDocument,
): string {
  const articles = operations.filter(({ tags }) => tags.includes(name)).map((item) => article(item, document));
  return `<section><h2>${escaped(name)}</h2><p>${prose(description)}</p>${articles.join('\n')}</section>`;
}

function article(operation: ListedOperation, document: OpenApiDocument): string {
  const { operationId, method, path, summary, description, parameters = [], requestBody } = operation;
  const body = requestBody?.content['application/json'];
  const words = escaped([method, path, summary, operationId].join(' ').toLowerCase());
  return `<article id="${operationId}" data-words="${words}">
<h3>${badge(method)}<code class="path">${escaped(path)}</code></h3>
<p class="summary">${escaped(summary)}</p>
${description === undefined ? '' : `<p>${prose(description)}</p>`}
${parameters.length === 0 ? '' : parameterTable(parameters)}
${body === undefined ? '' : `<details><summary>Body${requestBody?.required ? '' : ' (optional)'}</summary>${code(body.schema)}</details>`}
<div class="try"><button type="button" class="copy">copy</button><pre><code>${escaped(curlOf(operation))}</code></pre></div>
${responses(operation, document)}
</article>`;
}

function parameterTable(parameters: readonly OpenApiParameter[]): string {
  const rows = parameters.map(
    ({ name, in: place, description, schema }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${place}</td><td>${escaped(String(schema.type ?? ''))}</td><td>${prose(description)}</td></tr>`,
  );
  return `<table><thead><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function responses({ responses: answers }: ListedOperation, document: OpenApiDocument): string {
  const rows = Object.entries(answers).map(([status, { description, content }]) => {
    const schema = Number(status) < 300 ? content?.['application/json']?.schema : undefined;
    const shape = schema === undefined ? '' : code(withoutReferences(schema, document));
    const kind = Number(status) < 300 ? 'good' : 'bad';
    return `<details class="answer"><summary><b class="${kind}">${status}</b> ${summaryOf(description)}</summary>${list(description)}${shape}</details>`;
  });
  return `<h4>answers</h4>${rows.join('')}`;
}

/** The codes of a failure, or the first sentence of a success. */
function summaryOf(description: string): string {
  const codes = [...description.matchAll(/`(CAPSTAN_\w+)`/g)].map(([, name]) => `<code>${name}</code>`);
  if (codes.length === 0) return prose(description);
  const more = codes.length > 3 ? ` and ${codes.length - 3} more` : '';
  return codes.slice(0, 3).join(' ') + more;
}

function list(description: string): string {
  const items = description.split('\n').filter((line) => line.startsWith('- '));
  return items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${prose(item.slice(2))}</li>`).join('')}</ul>`;
}

/** The schema of an answer with its components put in, one level deep: what a reader wants to see. */
function withoutReferences(schema: unknown, document: OpenApiDocument): unknown {
  const text = JSON.stringify(schema);
  const names = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = '']) => name);
  const [first] = names;
  return names.length === 1 && first !== undefined && text.startsWith('{"$ref"')
    ? document.components.schemas[first]
    : schema;
}

function curlOf({ method, path, requestBody, security }: ListedOperation): string {
  // Braces would mean something to curl; the script puts in the server's own address.
  const shown = path.replace('{workspace}', 'default').replace('{tool}', 'TOOL_NAME').replace('{code}', 'PACK_CODE');
  const url = `http://127.0.0.1:7420${shown}`;
  const lines = [`curl -s ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}'${url}'`];
  if (security === undefined) lines.push(`-H "Authorization: Bearer $CAPSTAN_KEY"`);
  const example = requestBody?.content['application/json']?.example;
  if (example !== undefined) {
    lines.push(`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(example)}'`);
  }
  return lines.join(' \\\n  ');
}

function badge(method: string): string {
  return `<span class="method ${method}">${method.toUpperCase()}</span>`;
}

function code(value: unknown): string {
  return `<pre><code>${escaped(JSON.stringify(value, undefined, 2))}</code></pre>`;
}

/** Text with `code` in back ticks. */
function prose(text: string): string {
  return escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
