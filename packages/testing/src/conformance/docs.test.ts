import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONTRACT_REQUIREMENTS } from './requirements.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);
const contract = readFileSync(new URL('formats/remote-contract.md', DOCS), 'utf8');
const conformance = readFileSync(new URL('conformance.md', DOCS), 'utf8');

/** What stands under a heading of the third level, up to the next heading. */
function sectionOf(id: string): string {
  return new RegExp(`^### ${id}\\n([\\s\\S]*?)(?=^##|(?![\\s\\S]))`, 'm').exec(conformance)?.[1]?.trim() ?? '';
}

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-');
}

describe('the requirements', () => {
  it('are those of docs/conformance.md, in its order', () => {
    const documented = [...conformance.matchAll(/^### (CONTRACT-.*)$/gm)].map(([, id]) => id);
    expect(documented).toEqual(CONTRACT_REQUIREMENTS.map(({ id }) => id));
  });

  it.each(CONTRACT_REQUIREMENTS)(
    '$id stands there with its title, its level, its source and a text',
    ({ id, title, level, section }) => {
      const head = `**${title}** · ${level} · [contract](formats/remote-contract.md#${section})\n\n`;
      expect(sectionOf(id).startsWith(head)).toBe(true);
      expect(sectionOf(id).length).toBeGreaterThan(head.length + 40);
    },
  );

  it('have their source in a section of the contract', () => {
    const anchors = [...contract.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
    for (const { section } of CONTRACT_REQUIREMENTS) expect(anchors).toContain(section);
  });

  it('rest on those before them, and on none twice', () => {
    const before = new Set<string>();
    for (const { id, needs } of CONTRACT_REQUIREMENTS) {
      expect(
        needs.filter((need) => !before.has(need)),
        id,
      ).toEqual([]);
      expect(before.has(id)).toBe(false);
      before.add(id);
    }
  });
});
