/**
 * Terminal escape sequences: CSI, OSC and other strings, charset choices, single characters. Each alternative stops at
 * the next escape, so the time is linear; `stripVTControlCharacters` of node:util needs 4 s for 100 KB of unclosed ones.
 */
const ESCAPE_SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this matches
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]+[0-~]|\u001b[0-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this matches
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/**
 * Characters without a glyph: bidirectional overrides (text is shown in another order than it is stored in), zero-width
 * and tag characters (they hide or smuggle text). Variation selectors and joiners are legitimate.
 */
const HIDDEN = /(?![\ufe00-\ufe0f\u200c\u200d])[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
/** Joiners mean something between non-ASCII letters and inside emoji only; between ASCII letters they hide words. */
const JOINER_RUN = /[\u200c\u200d]{2,}/g;
const STRAY_JOINER = /(?<![\u0080-\u{10ffff}])[\u200c\u200d]|[\u200c\u200d](?![\u0080-\u{10ffff}])/gu;
/** Stacks of combining marks that cover the lines around them. */
const MARK_TOWER = /(\p{M}{4})\p{M}+/gu;

/** Contains none of the above. */
const ALL_VISIBLE = /^[\t\n\x20-\x7e]*$/;

/**
 * Leaves only what can be seen and read in order: no terminal escapes, control characters, bidirectional overrides,
 * zero-width or tag characters; line ends become `\n`; lone surrogates become U+FFFD. Tabs and newlines stay.
 */
export function toVisible(text: string): string {
  return ALL_VISIBLE.test(text) ? text : toCleaned(text);
}

/** The same without the shortcut. */
export function toCleaned(text: string): string {
  return text
    .replace(ESCAPE_SEQUENCE, '')
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(CONTROL, '')
    .replace(HIDDEN, '')
    .replace(JOINER_RUN, '')
    .replace(STRAY_JOINER, '')
    .replace(MARK_TOWER, '$1')
    .toWellFormed();
}
