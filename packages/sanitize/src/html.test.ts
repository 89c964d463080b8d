import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, HTML_PROFILES, htmlToText, sanitizeHtml } from './html.ts';

describe('HTML', () => {
  it('keeps its structure and loses what could act', () => {
    const html =
      '<p onclick="x()">Hi <b>there</b><script>alert(1)</script><a href="javascript:x()">a</a></p><style>p{}</style>';
    expect(sanitizeHtml(html)).toBe('<p>Hi <b>there</b>a</p>');
    expect(sanitizeHtml(html, 'text')).toBe('Hi therea');
    expect(sanitizeHtml(html, 'rich')).toBe('<p>Hi <b>there</b><a rel="noopener noreferrer nofollow">a</a></p>');
  });

  it('keeps links and pictures of plain schemes in the rich profile', () => {
    const html =
      '<a href="https://a.test" target="_blank">a</a><img src="http://a.test/x.png"><img src="https://a.test/x.png" onerror="x()">';
    expect(sanitizeHtml(html, 'rich')).toBe(
      '<a href="https://a.test" rel="noopener noreferrer nofollow">a</a><img /><img src="https://a.test/x.png" />',
    );
    expect(sanitizeHtml('<a href="//evil.test">a</a>', 'rich')).not.toContain('evil');
    expect(sanitizeHtml('<a href="data:text/html,x">a</a>', 'rich')).not.toContain('data:');
  });

  it('comes out the same when it is cleaned again, and never with a script', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '</',
      'script',
      'svg',
      'img src=x onerror=a()',
      '<!--',
      '-->',
      '"',
      "'",
      '&lt;',
      '&#60;',
      'p',
      'a href=javascript:x',
      'text',
      '=',
      '\0',
      '<b>',
      '<![CDATA[',
      ']]>',
      '<template>',
      '<math>',
      '<noscript>',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...HTML_PROFILES), (html, profile) => {
        const clean = sanitizeHtml(html, profile);
        expect(sanitizeHtml(clean, profile)).toBe(clean);
        expect(clean).not.toMatch(/<(?:script|svg|math|template|iframe|style|!)/i);
        for (const [tag] of clean.matchAll(/<[^>]*>/g)) expect(tag).not.toMatch(/\son\w+\s*=|javascript:/i);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the text of HTML', () => {
  it('reads as a person would read it', () => {
    expect(htmlToText('<h1>Menu</h1><p>Soup &amp; <b>bread</b>&nbsp;&lt;3<br>Tea</p><script>x</script>')).toBe(
      'Menu\nSoup & bread <3\nTea',
    );
    expect(htmlToText('&amp;lt;b&amp;gt;')).toBe('&lt;b&gt;');
  });

  it('is what was escaped', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(htmlToText(escaped)).toBe(htmlToText(escapeHtml(htmlToText(escaped))));
      }),
    );
    expect(escapeHtml(`<a href="x" title='y'>&</a>`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&lt;/a&gt;',
    );
  });
});
