import { stripVTControlCharacters } from 'node:util';

// Biome cannot see that these classes exist to find exactly such characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Bidirectional marks, embeddings, overrides and isolates: they make text read in another order than it is. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]/g;
/** Characters without a glyph, tag characters and supplementary variation selectors: they hide or smuggle text. */
const HIDDEN =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
/** Joiners mean something between non-ASCII letters and inside emoji only; between ASCII letters they hide words. */
const JOINER_RUN = /[\u200c\u200d]{2,}/g;
const STRAY_JOINER = /(?<![\u0080-\u{10ffff}])[\u200c\u200d]|[\u200c\u200d](?![\u0080-\u{10ffff}])/gu;
/** Towers of combining marks reach over the lines around them. */
const MARK_TOWER = /(\p{M}{4})\p{M}+/gu;

/**
 * Leaves only what can be seen and read in order: no terminal escapes, control characters, bidirectional overrides,
 * zero-width or tag characters; line ends become `\n`; lone surrogates become U+FFFD. Tabs and newlines stay.
 */
export function toVisible(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(CONTROL, '')
    .replace(BIDI, '')
    .replace(HIDDEN, '')
    .replace(JOINER_RUN, '')
    .replace(STRAY_JOINER, '')
    .replace(MARK_TOWER, '$1')
    .toWellFormed();
}
