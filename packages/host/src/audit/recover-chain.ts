import { appendFileSync, truncateSync } from 'node:fs';
import { GENESIS, hashOfLine, parseLine } from './chain.ts';
import { listSegments, readSegment, type Segment } from './segments.ts';

/** Where a chain ends, so that the next record can follow. */
export interface ChainEnd {
  /** Undefined for a chain that is yet to begin. */
  readonly replica: string | undefined;
  /** Of the last record; 0 where there is none. */
  readonly sequence: number;
  /** Of the last line. */
  readonly hash: string;
  /** The segment to go on with. */
  readonly segment: Segment | undefined;
  readonly segmentBytes: number;
  /** Bytes of a record that was cut short; they were moved to a file beside it. */
  readonly tornBytes: number;
}

const LINE_BREAK = 0x0a;

/**
 * Finds the end of a chain.
 *
 * 1. A last line without a line break was cut short by a crash: nobody was answered on the strength of it. It is moved
 *    to `{segment}.torn`, never thrown away.
 * 2. Everything else stays as it is, readable or not: what was tampered with is evidence. The chain goes on behind it.
 */
export function recoverChain(folder: string): ChainEnd {
  const segments = listSegments(folder);
  const segment = segments.at(-1);
  if (segment === undefined) return emptyEnd();
  const { bytes, tornBytes } = withoutTorn(segment);
  const open = { segment, segmentBytes: bytes.length, tornBytes };
  for (const candidate of segments.toReversed()) {
    const content = candidate === segment ? bytes : readSegment(candidate.path);
    if (content.length > 0) return { ...endOf(candidate, content), ...open };
  }
  return { ...emptyEnd(), ...open };
}

function emptyEnd(): ChainEnd {
  return { replica: undefined, sequence: 0, hash: GENESIS, segment: undefined, segmentBytes: 0, tornBytes: 0 };
}

function withoutTorn({ path }: Segment): { readonly bytes: Buffer; readonly tornBytes: number } {
  const bytes = readSegment(path);
  const end = bytes.lastIndexOf(LINE_BREAK) + 1;
  const tornBytes = bytes.length - end;
  if (tornBytes > 0) {
    appendFileSync(`${path}.torn`, bytes.subarray(end), { mode: 0o600 });
    truncateSync(path, end);
  }
  return { bytes: bytes.subarray(0, end), tornBytes };
}

function endOf(segment: Segment, content: Buffer): Pick<ChainEnd, 'replica' | 'sequence' | 'hash'> {
  const lines = content.toString('utf8').trimEnd().split('\n');
  const hash = hashOfLine(lines.at(-1) ?? '');
  for (let back = 1; back <= lines.length; back += 1) {
    const record = parseLine(lines.at(-back) ?? '');
    if (record) return { replica: record.replica, sequence: record.sequence + back - 1, hash };
  }
  return { replica: undefined, sequence: segment.first + lines.length - 1, hash };
}
