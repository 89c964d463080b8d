import { CapstanError, isCapstanError } from '@capstan/sdk';

const MEANINGS: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  ENOENT: { what: 'does not exist', hint: 'Look for it with list_files.' },
  ENOTDIR: { what: 'leads through a file', hint: 'Look for it with list_files.' },
  EISDIR: { what: 'is a folder', hint: 'Use list_files to see what is in it.' },
  EACCES: { what: 'may not be read', hint: 'An operator decides who may read it.' },
  EPERM: { what: 'may not be read', hint: 'An operator decides who may read it.' },
  ELOOP: { what: 'leads through too many links', hint: 'Name the file itself.' },
  ENAMETOOLONG: { what: 'is too long', hint: 'Look for it with list_files.' },
};

/** What the system says of a path, in the caller's words: never the absolute path of a root. */
export function fileError(cause: unknown, path: string): unknown {
  if (isCapstanError(cause)) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const meaning = MEANINGS[code];
  if (meaning === undefined) return cause;
  const message = `${JSON.stringify(path)} ${meaning.what}`;
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', message, { hint: meaning.hint, cause });
}
