import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { serverUnderTest } from '../running-server.test.support.ts';

const page = readFileSync(new URL('../../../../docs/rest.md', import.meta.url), 'utf8');

/** Rows of both tables: methods, and the path behind `/v1` or `/v1/workspaces/{workspace}`. */
function documented(): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [, cell = ''] of page.matchAll(/^\| (`[^|]*?) +\|/gm)) {
    let path = '';
    for (const [, word = ''] of cell.matchAll(/`([^`]+)`/g)) {
      const [method = '', written] = word.startsWith('/') ? ['POST', word] : word.split(' ');
      const named = written?.split('?')[0];
      // `/disable` stands for the path before it with another last word.
      if (word.startsWith('/')) path = path.replace(/\/[^/]+$/, word);
      else if (named !== undefined) path = named;
      found.add(`${method} ${path}`);
    }
  }
  return found;
}

test('docs/rest.md names every operation of the interface', async () => {
  const server = await serverUnderTest();
  const { paths } = (await (await server.send('/openapi.json')).json()) as { paths: Record<string, object> };
  const known = documented();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
  const missing = operations.filter(({ method, path }) => {
    const short = path.replace(/^\/v1(?:\/workspaces\/\{workspace\})?/, '');
    return short.startsWith('/') && path.startsWith('/v1') && !known.has(`${method} ${short}`);
  });
  expect(missing).toEqual([]);
});
