import { readFileSync } from 'node:fs';
import { ERROR_CODES } from '@capstan/sdk';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { EXIT_INTERRUPTED, EXIT_OK, EXIT_PENDING } from './exit-code.ts';
import { fakeIo } from './fake-io.test.support.ts';
import { createProgram } from './program.ts';

const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

test('the table of exit codes equals the registry', () => {
  const documented = new Map<number, readonly string[]>();
  for (const [, code = '', names = ''] of docs.matchAll(/^\|\s*(\d+)\s*\|[^|]+\|([^|]*)\|$/gmu)) {
    documented.set(Number(code), names.match(/CAPSTAN_\w+/gu) ?? []);
  }
  const registered = Map.groupBy(Object.entries(ERROR_CODES), ([, { exitCode }]): number => exitCode);
  const expected = [...registered].map(([code, entries]) => [code, entries.map(([name]) => name).sort()] as const);
  for (const code of [EXIT_OK, EXIT_PENDING, EXIT_INTERRUPTED]) expected.push([code, []]);
  expect(documented).toEqual(new Map(expected));
});

test('every command and every option is documented', () => {
  const missing = leaves(createProgram(fakeIo().io, async () => {})).flatMap(({ name, command }) => {
    const heading = docs.includes(`## ${name}`) || docs.includes(`, ${name}`) ? [] : [name];
    const options = command.options
      .filter(({ long }) => !docs.includes(`${long}`))
      .map(({ long }) => `${name} ${long}`);
    return [...heading, ...options];
  });
  expect(missing).toEqual([]);
});

function leaves(command: Command, path: readonly string[] = []): readonly { name: string; command: Command }[] {
  const words = [...path, command.name()];
  if (command.commands.length === 0) return [{ name: words.join(' '), command }];
  return command.commands.flatMap((child) => leaves(child, words));
}
