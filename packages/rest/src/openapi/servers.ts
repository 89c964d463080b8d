import { isObject } from '../json-object.ts';
import { listIn, type Node, nodeIn, textIn } from './openapi-document.ts';

/** The URL that `base_url` has unless it is set: the document's first server, or where it names none, a path's. */
export function defaultServerUrl(root: Node): string | undefined {
  const own = firstServerUrl(root);
  if (own !== undefined) return isAbsolute(own) ? own : undefined;
  const paths = Object.values(nodeIn(root, 'paths')).filter(isObject);
  return ownServer(...paths, ...paths.flatMap((path) => Object.values(path).filter(isObject)));
}

/**
 * The URL of a server that a path or an operation names for itself; `undefined` where it names none, or one that is
 * relative to the document.
 */
export function ownServer(...nodes: readonly Node[]): string | undefined {
  const url = nodes.map(firstServerUrl).find((found) => found !== undefined);
  return url !== undefined && isAbsolute(url) ? url : undefined;
}

function firstServerUrl(node: Node): string | undefined {
  const [server] = listIn(node, 'servers');
  if (!isObject(server)) return undefined;
  const url = textIn(server, 'url');
  const variables = nodeIn(server, 'variables');
  return url?.replaceAll(/\{([^{}]+)\}/g, (_whole, name: string) => defaultOf(variables, name)).replace(/\/+$/, '');
}

function defaultOf(variables: Node, name: string): string {
  const variable = nodeIn(variables, name);
  return variable.default === undefined ? name : String(variable.default);
}

function isAbsolute(url: string): boolean {
  const parsed = /^https?:\/\//i.test(url) ? URL.parse(url) : null;
  return parsed !== null && parsed.search === '' && parsed.username === '' && !/[{}#\s]/.test(url);
}
