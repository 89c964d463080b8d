import type { Report } from '../report.ts';
import type { Origins } from './origins.ts';

/** What a normalising step works with. */
export interface Normalising {
  readonly report: Report;
  readonly origins: Origins;
  readonly packageVersion: string | undefined;
}
