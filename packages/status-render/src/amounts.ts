import type { TokenCount } from '@live-status/session-state';

/** What stands after hours, minutes and seconds, with the space before what follows: `h `, `m `, `s`. */
export interface TimeUnits {
  readonly hours: string;
  readonly minutes: string;
  readonly seconds: string;
}

const ENGLISH_UNITS: TimeUnits = { hours: 'h ', minutes: 'm ', seconds: 's' };

/** `38s`, `2m 05s`, `1h 02m`. Takes milliseconds; negative counts as 0. */
export function formatDuration(ms: number, { hours, minutes, seconds }: TimeUnits = ENGLISH_UNITS): string {
  const all = Math.max(0, Math.floor(ms / 1000)) || 0;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (all < 60) return `${all}${seconds}`;
  if (all < 3600) return `${Math.floor(all / 60)}${minutes}${two(all % 60)}${seconds}`;
  return `${Math.floor(all / 3600)}${hours}${two(Math.floor((all % 3600) / 60))}${minutes.trimEnd()}`;
}

/** Time that is left, coarse so that it need not be corrected all the time: `45s`, `27m`, `1h`. */
export function formatRemaining(ms: number, { hours, minutes, seconds }: TimeUnits = ENGLISH_UNITS): string {
  const all = Math.max(0, Math.ceil(ms / 1000)) || 0;
  if (all < 60) return `${all}${seconds}`;
  return all < 3600 ? `${Math.floor(all / 60)}${minutes.trimEnd()}` : `${Math.floor(all / 3600)}${hours.trimEnd()}`;
}

/** `950`, `12.4k`, `3.1M`, as the locale shortens numbers. */
export function formatCount(count: number, locale = 'en'): string {
  if (!(count >= 1)) return '0';
  // A thousand is a small k everywhere; Intl writes it large in English.
  return formatsOf(locale)
    .compact.format(Math.round(count))
    .replace(/(?<=\d)K$/, 'k');
}

/** What a box used: input, output and cache writes. Cache reads are cheap, numerous, and counted separately. */
export function countTokens(tokens: TokenCount): number {
  return tokens.input + tokens.output + tokens.cacheWrite;
}

/** `$12.30`, `$0.042`; `undefined` for an unknown, negligible or impossible cost. */
export function formatCost(costUsd: number | undefined, locale = 'en'): string | undefined {
  if (costUsd === undefined || !(costUsd >= 0.0001 && costUsd < 1e9)) return undefined;
  const { cents, smallCost } = formatsOf(locale);
  return (costUsd < 0.1 ? smallCost : cents).format(costUsd);
}

/** `1234`, `12,345`. */
export function formatNumber(value: number, locale = 'en'): string {
  return formatsOf(locale).whole.format(value);
}

/** `83%`, from a part of 1. */
export function formatPercent(part: number, locale = 'en'): string {
  return formatsOf(locale).percent.format(part);
}

interface NumberFormats {
  readonly whole: Intl.NumberFormat;
  readonly compact: Intl.NumberFormat;
  readonly percent: Intl.NumberFormat;
  readonly cents: Intl.NumberFormat;
  readonly smallCost: Intl.NumberFormat;
}

/** They are slow to make. */
const made = new Map<string, NumberFormats>();

function formatsOf(locale: string): NumberFormats {
  const known = made.get(locale);
  if (known !== undefined) return known;
  const dollars = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', useGrouping: false } as const;
  const formats = {
    whole: new Intl.NumberFormat(locale, { useGrouping: 'min2' }),
    compact: new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }),
    percent: new Intl.NumberFormat(locale, { style: 'percent' }),
    cents: new Intl.NumberFormat(locale, dollars),
    smallCost: new Intl.NumberFormat(locale, { ...dollars, maximumSignificantDigits: 2 }),
  };
  made.set(locale, formats);
  return formats;
}
