import type { PackOrigin } from './settings-model.ts';

const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/** What a `from:` means; `undefined` where it means nothing. Folders are told by how they begin. */
export function originOf(from: string): PackOrigin | undefined {
  if (/^(\.{1,2}([/\\]|$)|\/|[A-Za-z]:[/\\])/.test(from)) return { kind: 'folder', path: from };
  return PACKAGE_NAME.test(from) ? { kind: 'package', name: from } : undefined;
}
