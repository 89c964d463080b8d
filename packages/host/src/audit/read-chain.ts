import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { listSegments, readSegment, type Segment } from './segments.ts';
import { type ChainReport, ChainVerifier } from './verify-chain.ts';

/** Where somebody has read a chain up to. */
export interface ChainPosition {
  /** First sequence of the segment. */
  readonly segment: number;
  /** Bytes of it that were read. */
  readonly offset: number;
}

/** Lines of a chain, and where they end. */
export interface ChainLines {
  /** Whole lines, without their line breaks. */
  readonly lines: readonly string[];
  readonly end: ChainPosition;
}

/** Where a chain begins. */
export const CHAIN_START: ChainPosition = Object.freeze({ segment: 0, offset: 0 });

const LINE_BREAK = 0x0a;

/** The folders of chains in an audit folder. */
export function chainFolders(auditFolder: string): readonly string[] {
  try {
    const entries = readdirSync(auditFolder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(auditFolder, name))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * The next lines of a chain that may be growing: at most about `maxBytes`, never part of a line; none at its end.
 * @throws the system's error
 */
export function readChain(folder: string, from: ChainPosition, maxBytes: number): ChainLines {
  const segments = listSegments(folder).filter(({ first }) => first >= from.segment);
  for (const segment of segments) {
    const offset = segment.first === from.segment ? from.offset : 0;
    const bytes = readSegment(segment.path).subarray(offset);
    const size = wholeLines(bytes, maxBytes);
    if (size > 0) {
      const lines = bytes.toString('utf8', 0, size - 1).split('\n');
      return { lines, end: { segment: segment.first, offset: offset + size } };
    }
  }
  return { lines: [], end: from };
}

/** How many bytes of whole lines there are; one line may be longer than the limit. */
function wholeLines(bytes: Buffer, maxBytes: number): number {
  const fitting = bytes.subarray(0, maxBytes).lastIndexOf(LINE_BREAK) + 1;
  return fitting > 0 ? fitting : bytes.indexOf(LINE_BREAK) + 1;
}

/** The segments of a chain that nobody writes to any more and that were read to their end. */
export function finishedSegments(folder: string, read: ChainPosition): readonly Segment[] {
  const segments = listSegments(folder);
  return segments.slice(0, -1).filter(({ first }) => first < read.segment);
}

/** Looks through one chain in a folder. */
export function verifyChainFolder(folder: string): ChainReport {
  const verifier = new ChainVerifier();
  for (const segment of listSegments(folder)) {
    const text = readSegment(segment.path).toString('utf8');
    const lines = text.split('\n');
    // What follows the last line break is a record that is being written, or that a crash cut short.
    for (const [index, line] of lines.slice(0, -1).entries()) {
      verifier.add(line, `${basename(folder)}/${segment.name}:${index + 1}`);
    }
  }
  return verifier.report();
}
