import pc from 'picocolors';
import type { TerminalStream } from '../cli-io.ts';

/** Colours by what they mean. */
export interface Paint {
  heading(text: string): string;
  strong(text: string): string;
  quiet(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  link(text: string): string;
}

/** Colours on a terminal, unless `NO_COLOR` (https://no-color.org) or a dumb terminal says no; else plain text. */
export function createPaint(stream: TerminalStream, env: Readonly<Record<string, string | undefined>>): Paint {
  const colours = pc.createColors(stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb');
  return {
    heading: (text) => colours.bold(text),
    strong: (text) => colours.bold(text),
    quiet: (text) => colours.dim(text),
    good: (text) => colours.green(text),
    warn: (text) => colours.yellow(text),
    bad: (text) => colours.red(text),
    link: (text) => colours.cyan(text),
  };
}
