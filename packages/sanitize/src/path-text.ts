import { refusal, shown } from './refusal.ts';

/** Reserved names of Windows, with any extension (learn.microsoft.com, "Naming Files, Paths, and Namespaces"). */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/i;
const DRIVE = /^[a-z]:/i;
const MAX_BYTES = 4096;

/**
 * The parts of a relative path, checked as text alone: no disk is touched.
 *
 * What any system would read in another way is refused on all of them, so that a path that was checked on one machine is
 * not an escape on the next: backslashes, drives, alternate streams, device names, trailing dots and spaces.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`.
 */
export function pathParts(path: string): readonly string[] {
  const flaw = flawOf(path);
  if (flaw !== undefined) throw refusal(`The path ${shown(path)} ${flaw}.`, HINT);
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined) throw refusal(`The path ${shown(path)} leaves its folder.`, HINT);
    if (part === '' || part === '.' || part === '..') continue;
    const partFlaw = flawOfPart(part);
    if (partFlaw !== undefined) throw refusal(`The path ${shown(path)} ${partFlaw}.`, HINT);
    parts.push(part);
  }
  // Only shells expand it, but a checked path may well be given to one.
  if (parts[0]?.startsWith('~')) throw refusal(`The path ${shown(path)} is not relative.`, HINT);
  return parts;
}

const HINT = 'Send a relative path with "/" between its parts, such as "reports/may.txt".';

function flawOf(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (Buffer.byteLength(path) > MAX_BYTES) return `is longer than ${MAX_BYTES} bytes`;
  if (path.includes('\0')) return 'contains a NUL character';
  // A lone surrogate becomes another character when the system encodes it, so another file than the one checked.
  if (!path.isWellFormed()) return 'is no valid Unicode text';
  if (path.startsWith('/') || DRIVE.test(path)) return 'is not relative';
  if (path.includes('\\')) return 'contains a backslash';
  return undefined;
}

function flawOfPart(part: string): string | undefined {
  if (part.includes(':')) return 'contains a colon';
  if (WINDOWS_DEVICE.test(part.replace(/[. ]+$/, ''))) return 'names a device';
  return /[. ]$/.test(part) ? 'has a part that ends with a dot or a space' : undefined;
}
