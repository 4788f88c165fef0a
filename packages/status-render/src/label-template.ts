import { cutMiddle, toOneLine } from './cut.ts';
import { LabelsError } from './errors.ts';

/** A piece of a label: words of the template, or the value of an argument. */
export type LabelPart = { readonly text: string } | { readonly value: string };

/** A template, parsed: fixed words and places for arguments. */
export type Template = readonly (string | Place)[];

interface Place {
  /** Arguments to choose from: the first one present is shown. */
  readonly names: readonly string[];
  /** Show only the last part of a path. */
  readonly file: boolean;
}

/** Values longer than this are cut in the middle; code points. */
const MAX_VALUE_CHARS = 80;
const PLACE = /\{([^{}]*)\}/;
const PLACE_CONTENT = /^([\w.-]+(?:\|[\w.-]+)*)(:file)?$/;

/**
 * Parses `Reading {path|file_path:file}`: `|` separates arguments of which the first present is shown, `:file` shows the
 * file name of a path.
 *
 * @throws LabelsError naming `tool` when a brace is unbalanced or does not contain names.
 */
export function parseTemplate(tool: string, template: string): Template {
  return template
    .split(/(\{[^{}]*\})/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const content = PLACE.exec(piece)?.[1];
      if (content === undefined) return checkWords(tool, template, piece);
      const place = PLACE_CONTENT.exec(content);
      if (place?.[1] === undefined) throw invalid(tool, template, `"{${content}}" is not a name of an argument`);
      return { names: place[1].split('|'), file: place[2] !== undefined };
    });
}

function checkWords(tool: string, template: string, words: string): string {
  if (/[{}]/.test(words)) throw invalid(tool, template, 'a brace is not closed');
  return words;
}

function invalid(tool: string, template: string, problem: string): LabelsError {
  return new LabelsError(tool, `Tool label "${tool}": ${problem} in "${template}". Write it like "Reading {path}".`);
}

/** Fills a template. A place without a value is left out, with the separator before it. */
export function fillTemplate(template: Template, values: (name: string) => unknown): LabelPart[] {
  const parts: LabelPart[] = [];
  for (const piece of template) {
    if (typeof piece === 'string') {
      parts.push({ text: piece });
      continue;
    }
    const value = showValue(piece, values);
    if (value !== '') parts.push(isTool(piece) ? { text: value } : { value });
  }
  return trimEnd(parts);
}

/** `{tool}` is the tool's own name, which reads as a word, not as an argument. */
function isTool(place: Place): boolean {
  return place.names[0] === 'tool';
}

function showValue({ names, file }: Place, values: (name: string) => unknown): string {
  for (const name of names) {
    const shown = toWords(values(name));
    if (shown !== '') return cutMiddle(file ? toFileName(shown) : shown, MAX_VALUE_CHARS);
  }
  return '';
}

function toWords(value: unknown): string {
  if (typeof value === 'string') return toOneLine(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return toOneLine(value.filter((item) => typeof item === 'string').join(' '));
  return '';
}

function toFileName(path: string): string {
  return /[^/\\]+(?=[/\\]*$)/.exec(path.slice(-1024))?.[0] ?? path;
}

function trimEnd(parts: readonly LabelPart[]): LabelPart[] {
  const last = parts.at(-1);
  if (last === undefined || 'value' in last) return [...parts];
  const text = last.text.replace(/[\s:]+$/, '');
  return text === '' ? trimEnd(parts.slice(0, -1)) : [...parts.slice(0, -1), { text }];
}
