/** The examples at the end of a help text: what each is for, and the command line. */
export function examples(lines: readonly (readonly [command: string, purpose: string])[]): string {
  return ['', 'Examples:', ...lines.flatMap(([command, purpose]) => [`  # ${purpose}`, `  $ ${command}`])].join('\n');
}
