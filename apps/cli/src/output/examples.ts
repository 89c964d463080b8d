import { padToWidth } from './display-text.ts';

/** The examples at the end of a help text: a command line, and what it is for. */
export function examples(lines: readonly (readonly [command: string, purpose: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return [
    '',
    'Examples:',
    ...lines.map(([command, purpose]) => `  $ ${padToWidth(command, width)}  # ${purpose}`),
  ].join('\n');
}
