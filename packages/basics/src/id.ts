import { textOf } from './json.ts';

/** Longer ids than any that OpenClaw, Mattermost or a model make. UTF-16 units. */
const MAX_ID_CHARS = 256;
/** So much of a replaced id is kept, for people. */
const KEPT_CHARS = 32;
const UNFIT = /[\p{C}\p{Zl}\p{Zp}]/u;
const UNFIT_RUN = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** The value as an id if it is a string, see {@link toId}. */
export function idOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : toId(text);
}

/**
 * A text that others chose as an id: kept, compared and shown without a second thought. One that is very long or has
 * characters without a glyph is replaced by its beginning and a digest; the same text always gives the same id.
 */
export function toId(text: string): string {
  if (text.length <= MAX_ID_CHARS && !UNFIT.test(text)) return text;
  return `${text.slice(0, KEPT_CHARS).replace(UNFIT_RUN, '_')}~${digest(text)}`;
}

/** 53 bits, by cyrb53 of bryc (public domain). Whoever makes two texts meet confuses only what they wrote themselves. */
function digest(text: string): string {
  let [low, high] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 2_654_435_761);
    high = Math.imul(high ^ unit, 1_597_334_677);
  }
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  return (4_294_967_296 * (2_097_151 & high) + (low >>> 0)).toString(36);
}
