import { sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathParts } from './path-text.ts';

describe('a path', () => {
  it.each([
    ['a/b.txt', ['a', 'b.txt']],
    ['./a//b/../c', ['a', 'c']],
    ['.', []],
    ['..a/...b', ['..a', '...b']],
    ['ünï/日本', ['ünï', '日本']],
  ])('%j has the parts %j', (path, parts) => {
    expect(pathParts(path)).toEqual(parts);
  });

  it.each([
    ['', 'is empty'],
    ['../a', 'leaves its folder'],
    ['a/../../b', 'leaves its folder'],
    ['/etc/passwd', 'not relative'],
    ['~/x', 'not relative'],
    ['./~', 'not relative'],
    ['C:/x', 'not relative'],
    ['c:x', 'not relative'],
    ['a\0.txt', 'NUL'],
    ['a\\..\\b', 'backslash'],
    ['\\\\server\\share', 'backslash'],
    ['a.txt:stream', 'colon'],
    ['con', 'device'],
    ['a/NUL.txt', 'device'],
    ['COM1', 'device'],
    ['lpt¹.log', 'device'],
    ['aux. ', 'device'],
    ['a/b.', 'dot or a space'],
    ['a /b', 'dot or a space'],
    ['\ud800', 'Unicode'],
  ])('%j is refused', (path, reason) => {
    expect(() => pathParts(path)).toThrow(reason);
  });

  it('of five thousand characters is refused', () => {
    expect(() => pathParts('x'.repeat(5000))).toThrow('4096 bytes');
  });

  it('never leaves its folder, whatever it is', () => {
    const piece = fc.constantFrom('..', '.', '', 'a', 'b.txt', '/', '\\', 'C:', 'con', '\0', '~', 'é', ' ');
    const paths = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('/')),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(paths, (path) => {
        let parts: readonly string[];
        try {
          parts = pathParts(path);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS' });
          return;
        }
        for (const part of parts) expect(part).not.toMatch(/^\.{0,2}$|[/\\:\0]/);
        expect(pathParts(parts.join('/') || '.')).toEqual(parts);
        expect(parts.join(sep).startsWith(sep)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
