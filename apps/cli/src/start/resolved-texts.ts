import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { resolveText } from '@capstan/config';
import { CapstanError } from '@capstan/sdk';

/** What references in texts of the operator may read, and how the texts are called in an error. */
export interface TextSources {
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative `file:` references are relative to. */
  readonly folder: string;
}

/** Texts of the settings with their references resolved. @throws CapstanError that names the text where one leads nowhere */
export function resolvedTexts(
  texts: Readonly<Record<string, string>>,
  { name, env, folder }: TextSources,
): Readonly<Record<string, string>> {
  const entries = Object.entries(texts).map(([key, text]) => {
    const resolution = resolveText({
      text,
      name: `${name}.${key}`,
      references: 'operator',
      variables: env,
      readFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
    });
    if (resolution.ok) return [key, resolution.value.trim()] as const;
    const { code, message, hint } = resolution.problem;
    throw new CapstanError(code, message, { hint });
  });
  return Object.fromEntries(entries);
}
