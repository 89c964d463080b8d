import sanitize from 'sanitize-html';

/** What is left of HTML: `text` no tags, `basic` text with simple structure, `rich` with links, tables and images too. */
export const HTML_PROFILES = ['text', 'basic', 'rich'] as const;

/** One of {@link HTML_PROFILES}. */
export type HtmlProfile = (typeof HTML_PROFILES)[number];

const BASIC_TAGS = ['p', 'br', 'b', 'strong', 'i', 'em', 'u', 's', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'hr'];
const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];
const TABLE_TAGS = ['table', 'caption', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td'];

const NOTHING: sanitize.IOptions = {
  allowedTags: [],
  allowedAttributes: {},
  disallowedTagsMode: 'discard',
  // What stands in these is no text for people.
  nonTextTags: [
    'script',
    'style',
    'textarea',
    'option',
    'noscript',
    'template',
    'iframe',
    'object',
    'svg',
    'math',
    'title',
  ],
};

const OPTIONS: Readonly<Record<HtmlProfile, sanitize.IOptions>> = {
  text: NOTHING,
  basic: { ...NOTHING, allowedTags: [...BASIC_TAGS, ...HEADINGS] },
  rich: {
    ...NOTHING,
    allowedTags: [...BASIC_TAGS, ...HEADINGS, ...TABLE_TAGS, 'a', 'img', 'figure', 'figcaption'],
    allowedAttributes: {
      a: ['href', 'title', 'rel'],
      img: ['src', 'alt', 'title', 'width', 'height'],
      th: ['colspan', 'rowspan', 'scope'],
      td: ['colspan', 'rowspan'],
    },
    allowedSchemes: ['https', 'http', 'mailto'],
    allowedSchemesByTag: { img: ['https'] },
    allowProtocolRelative: false,
    // The page that is linked to learns nothing of the page with the link and cannot reach back into it.
    transformTags: { a: sanitize.simpleTransform('a', { rel: 'noopener noreferrer nofollow' }) },
  },
};

/** HTML that is safe to show: no scripts, no styles, no event handlers, no other schemes than the profile's. */
export function sanitizeHtml(html: string, profile: HtmlProfile = 'basic'): string {
  return sanitize(html, OPTIONS[profile]);
}

/** The text of HTML, as a person would read it: tags gone, entities as characters. It is text: escape it to show it as HTML. */
export function htmlToText(html: string): string {
  const withBreaks = html.replace(BLOCK_END, '$&\n');
  return unescapeBasic(sanitize(withBreaks, NOTHING))
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const BLOCK_END = /<br\s*\/?>|<\/(?:p|div|li|tr|h[1-6]|blockquote|pre|ul|ol|table)>/gi;

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };

/** sanitize-html decodes every entity and encodes these four again. */
function unescapeBasic(text: string): string {
  return text.replace(/&(?:lt|gt|quot|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it can stand in HTML, also inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
