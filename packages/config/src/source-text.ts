import type { ConfigLayer, ConfigSource } from './types.ts';

/** A source as a person reads it. */
export function describeSource(source: ConfigSource): string {
  switch (source.kind) {
    case 'file':
      return `${source.path}:${source.line}:${source.column}`;
    case 'connection':
      return `connection ${source.connectionId}${describeAuthor(source.setBy, source.setAt)}`;
    case 'setting': {
      const where = source.workspace === undefined ? 'all workspaces' : `workspace ${source.workspace}`;
      return `config of ${where}${describeAuthor(source.setBy, source.setAt)}`;
    }
    case 'variable':
      return `variable ${source.name}`;
    case 'code':
      return source.description;
    case 'schema':
      return "the pack's manifest";
  }
}

/** A layer and its source as a person reads them, for messages. */
export function describeOrigin(layer: ConfigLayer, source: ConfigSource): string {
  return `${layer} layer, ${describeSource(source)}`;
}

/** A path inside a config as a person reads it: `retry.max`, `hosts[0]`. */
export function describePath(path: readonly string[]): string {
  return path
    .map((step, index) => {
      if (index > 0 && /^\d+$/.test(step)) return `[${step}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** A path as a JSON Pointer (RFC 6901). */
export function jsonPointer(path: readonly string[]): string {
  return path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The path of a JSON Pointer (RFC 6901). */
export function pointerPath(pointer: string): readonly string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function describeAuthor(setBy: string | undefined, setAt: string | undefined): string {
  const parts = [setBy === undefined ? '' : `set by ${setBy}`, setAt === undefined ? '' : `at ${setAt}`];
  const text = parts.filter((part) => part !== '').join(' ');
  return text === '' ? '' : ` (${text})`;
}
