import { readUrl } from '../template/url-template.ts';
import { literalHost } from './backend-slots.ts';

/** The host of a backend's URL, where the URL is written out; `undefined` where a setting or the connection chooses it. */
export function writtenHost(url: string): string | undefined {
  const reading = readUrl(url);
  return reading.ok ? literalHost(reading.url) : undefined;
}
