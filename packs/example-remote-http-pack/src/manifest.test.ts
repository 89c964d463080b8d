import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import * as tools from './tools.ts';

function readPackFile(name: string): Promise<string> {
  return readFile(new URL(`../${name}`, import.meta.url), 'utf8');
}

describe('the manifest', () => {
  it('has the version of package.json', async () => {
    const [manifest, packageJson] = await Promise.all([readPackFile('manifest.yaml'), readPackFile('package.json')]);
    expect(manifest).toContain(`\nversion: "${JSON.parse(packageJson).version}"\n`);
  });

  it('names only code that is there', async () => {
    const manifest = await readPackFile('manifest.yaml');
    const named = [...manifest.matchAll(/backend: "\.\/dist\/tools\.js:(\w+)"/g)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(tools));
  });

  it('has form hints for the settings that it declares', async () => {
    const [manifest, uiSchema] = await Promise.all([readPackFile('manifest.yaml'), readPackFile('ui_schema.json')]);
    for (const name of JSON.parse(uiSchema)['ui:order']) expect(manifest).toContain(`\n    - name: ${name}\n`);
  });
});
