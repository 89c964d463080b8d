import { describe, expect, test } from 'vitest';
import { findings, HEAD, load, manifestOf, said, toolOf, withTool } from '../loading.test.support.ts';

describe('code', () => {
  test.each([
    ['./dist/tools.js:sendMessage', './dist/tools.js', ['sendMessage']],
    ['tools:send_message', 'tools', ['send_message', 'sendMessage']],
    ['sample.tools:act', 'tools', ['act']],
    ['sample.area.tools:act', 'area/tools', ['act']],
    ['lib/area.mjs:default', 'lib/area.mjs', ['default']],
    ['capabilities:act', 'capabilities', ['act']],
  ])('%s', (declared, module, exportNames) => {
    expect(toolOf(`backend: "${declared}"`).backend).toEqual({ kind: 'code', declared, module, exportNames });
  });

  test.each([
    'app.services.area:act',
    'backend.features.area:act',
    'capabilities.sample.tools.area:act',
    'mindscape.capabilities.area:act',
    'sample.tools:Service.act',
    'tools.py:act',
  ])('%s is Python: the tool loads as unsupported, with the ways out', (declared) => {
    const tool = toolOf(`backend: "${declared}"`);
    expect(tool.backend).toMatchObject({ kind: 'unsupported', declared });
    expect(said(withTool(`backend: "${declared}"`))).toMatch(/hint: .*'remote:'.*'mcp:'/);
  });

  test('a pack that is called app has modules of its own under that name', () => {
    const text = 'code: app\nversion: 1.0.0\ntools: [{ name: a, backend: "app.tools:act" }]';
    expect(manifestOf(text).tools[0]?.backend).toMatchObject({ kind: 'code', module: 'tools' });
  });

  test.each([
    '../other/tools.js:act',
    './a/../../tools.js:act',
    '/etc/tools.js:act',
    '..\\\\tools.js:act',
    'a b:act',
    'sample..tools:act',
  ])('%s is refused: it is no module of the pack', (declared) => {
    expect(findings(withTool(`backend: "${declared}"`))).toEqual(['BACKEND_FORM 6:14']);
  });

  test.each(['tools', 'tools:', ':act', 'node:fs:readFile', 'https://example.com/x.js:act'])(
    '%s does not have the form module:export',
    (declared) => {
      expect(findings(withTool(`backend: "${declared}"`))).toEqual(['VALUE 6:14']);
    },
  );
});

describe('other backends', () => {
  test('http and workflow are kept as written', () => {
    expect(toolOf('http: { method: POST, url: "/x", body: { a_b: 1 } }').backend).toEqual({
      kind: 'http',
      spec: { method: 'POST', url: '/x', body: { a_b: 1 } },
    });
    expect(toolOf('workflow: { steps: [{ id: a, tool: b }] }').backend).toEqual({
      kind: 'workflow',
      spec: { steps: [{ id: 'a', tool: 'b' }] },
    });
  });

  test('mcp names a server of the pack', () => {
    const text = `${withTool('mcp: { server: files, tool: read }')}mcp_servers: { files: { command: x } }`;
    expect(manifestOf(text).tools[0]?.backend).toEqual({ kind: 'mcp', server: 'files', tool: 'read' });
    expect(manifestOf(text.replace('{ files: { command: x } }', '[{ name: files }]')).tools).toHaveLength(1);
    expect(said(text.replace('server: files', 'server: file'))).toContain("hint: did you mean 'files'?");
  });

  test('a tool has exactly one', () => {
    expect(findings(withTool('remote: { tool_type: a, action: b }\nbackend: "./a.js:b"\nhttp: { url: x }'))).toEqual([
      'BACKEND_CONFLICT 7:5',
    ]);
  });

  test('a tool without any calls the remote service by its name, where there is a base_url', () => {
    expect(toolOf('tags: []').backend).toMatchObject({ kind: 'remote', toolType: 'area', action: 'act' });
    expect(findings(`${HEAD}tools: [{ name: act, tags: [] }]`)).toEqual(['BACKEND_MISSING 4:9']);
    expect(findings('code: a\nversion: 1.0.0\ntools: [{ name: b.c, tags: [] }]')).toEqual(['BACKEND_MISSING 3:9']);
  });
});

describe('references', () => {
  test.each([
    [`remote: { tool_type: a, action: b, params: { u: ["\${config.nope}"] } }`, 'REFERENCE_UNKNOWN 6:54'],
    [`http: { url: "\${config.base_url}/x", headers: { a: "\${config.nope}" } }`, 'REFERENCE_UNKNOWN 6:56'],
  ])('%s', (lines, expected) => {
    expect(findings(withTool(lines))).toEqual([expected]);
  });

  test('are looked for where they mean something, and nowhere else', () => {
    const text = `${HEAD}egress: ["\${config.nope}"]\nmcp_servers: { a: { url: "\${config.no}/\${config.base_url.x}" } }\ndescription: "\${config.other}"`;
    expect(findings(text)).toEqual(['REFERENCE_UNKNOWN 4:10', 'REFERENCE_UNKNOWN 5:26']);
  });
});

describe('a name that is taken', () => {
  test('the first tool stays, the second is an error with both places', () => {
    const text = `${HEAD}tools:\n  - { name: a.b, tags: [first] }\n  - { name: a.b, tags: [second] }\n  - { name: c.d, aliases: [a.b, e] }`;
    const { manifest, diagnostics } = load(text);
    expect(manifest?.tools.map(({ name, tags, aliases }) => [name, tags, aliases])).toEqual([
      ['a.b', ['first'], []],
      ['c.d', [], ['e']],
    ]);
    expect(diagnostics).toMatchObject([
      { severity: 'error', position: { line: 6 }, message: expect.stringContaining('manifest.yaml:5:13') },
      { severity: 'error', position: { line: 7 }, message: expect.stringContaining('manifest.yaml:5:13') },
    ]);
    expect(load(text, { strict: true }).manifest).toBeUndefined();
  });
});
