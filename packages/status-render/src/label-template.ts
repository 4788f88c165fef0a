import { cutMiddle, toOneLine } from './cut.ts';
import { LabelsError } from './errors.ts';

/** A piece of a label: words of the template, or the value of an argument. */
export type LabelPart = { readonly text: string } | { readonly value: string };

/** A template, parsed: fixed words and places for arguments. */
export type Template = readonly (string | Place)[];

interface Place {
  /** Arguments to take, the first one present. */
  readonly names: readonly string[];
  /** What of the value is shown: all, the file name of a path, the files that a patch names, what a shell is to run. */
  readonly show: 'all' | 'file' | 'patch' | 'command';
}

/** Values longer than this are cut in the middle; code points. */
const MAX_VALUE_CHARS = 80;
/** Files of a list that are named. */
const MAX_FILES = 10;
const PLACE = /\{([^{}]*)\}/;
const PLACE_CONTENT = /^([\w.-]+(?:\|[\w.-]+)*)(?::(file|patch|command))?$/;
/** A shell and the command it is to run. */
const SHELL = /^(?:\S*\/)?(?:ba|z|da|k|fi)?sh -\w*c /;
const PATCHED_FILE = /^(?:\*\*\* (?:Add|Update|Delete) File: |\+\+\+ (?:b\/)?)(.+)$/gm;

/**
 * Parses `Reading {path|file_path:file}`: `|` separates arguments of which the first present is shown, `:file` shows the
 * file name of a path, `:patch` the names of the files in a patch, `:command` what a shell is to run (`bash -lc "make"`).
 *
 * @throws LabelsError naming `tool` when a brace is unbalanced or its content is not names.
 */
export function parseTemplate(tool: string, template: string): Template {
  return template
    .split(/(\{[^{}]*\})/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const content = PLACE.exec(piece)?.[1];
      if (content === undefined) return checkWords(tool, template, piece);
      const place = PLACE_CONTENT.exec(content);
      if (place?.[1] === undefined) throw invalid(tool, template, `"{${content}}" is not the name of an argument`);
      return { names: place[1].split('|'), show: (place[2] as Place['show'] | undefined) ?? 'all' };
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
    const value = showFirst(piece, values);
    if (value !== '') parts.push(isTool(piece) ? { text: value } : { value });
  }
  return trimEnd(parts);
}

/** Fills the first place of a template with a value and leaves out the others. */
export function fillFirst(template: Template, tool: string, value: string): LabelPart[] {
  const first = template.find((piece) => typeof piece !== 'string' && !isTool(piece));
  return trimEnd(
    template.flatMap((piece): LabelPart[] => {
      if (typeof piece === 'string') return [{ text: piece }];
      if (isTool(piece)) return [{ text: tool }];
      return piece === first ? [{ value }] : [];
    }),
  );
}

/** `{tool}` is the tool's own name, which reads as a word, not as an argument. */
function isTool(place: Place): boolean {
  return place.names[0] === 'tool';
}

function showFirst({ names, show }: Place, values: (name: string) => unknown): string {
  for (const name of names) {
    const shown = SHOWS[show](values(name));
    if (shown !== '') return shown;
  }
  return '';
}

const SHOWS: Readonly<Record<Place['show'], (value: unknown) => string>> = {
  all: showValue,
  file: (value) => cutMiddle(toFiles(value), MAX_VALUE_CHARS),
  patch: toPatchedFiles,
  command: toCommand,
};

/** The arguments that a template asks for. */
export function namesIn(template: Template): string[] {
  return template.flatMap((piece) => (typeof piece === 'string' || isTool(piece) ? [] : piece.names));
}

/** The value of an argument in one line, cut in the middle; empty when there is nothing to show. */
export function showValue(value: unknown): string {
  return cutMiddle(toWords(value), MAX_VALUE_CHARS);
}

function toWords(value: unknown): string {
  if (typeof value === 'string') return toOneLine(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return toOneLine(value.filter((item) => typeof item === 'string').join(' '));
  return '';
}

function toFiles(value: unknown): string {
  if (!Array.isArray(value)) return toFileName(toWords(value));
  const paths = value.filter((item) => typeof item === 'string').slice(0, MAX_FILES);
  return toWords(paths.map((path) => toFileName(toOneLine(path))));
}

function toFileName(path: string): string {
  return /[^/\\]+(?=[/\\]*$)/.exec(path.slice(-1024))?.[0] ?? path;
}

/** Also the files of a patch that is given as a list of words, and of one per file. */
function toPatchedFiles(patch: unknown): string {
  const text = Array.isArray(patch) ? patch.filter((item) => typeof item === 'string').join('\n') : patch;
  if (typeof text !== 'string') return '';
  const files = Array.from(text.matchAll(PATCHED_FILE), ([, path]) => toFileName(toOneLine(path ?? '')));
  return showValue([...new Set(files.filter((file) => file !== 'null'))]);
}

function toCommand(command: unknown): string {
  const words = toWords(command);
  const [shell = ''] = SHELL.exec(words) ?? [];
  const inner = words.slice(shell.length);
  const quoted = shell === '' ? null : /^(["'])(.*)\1$/s.exec(inner);
  return cutMiddle(quoted?.[2] ?? inner, MAX_VALUE_CHARS);
}

function trimEnd(parts: readonly LabelPart[]): LabelPart[] {
  const last = parts.at(-1);
  if (last === undefined || 'value' in last) return [...parts];
  const text = last.text.replace(/[\s:：]+$/, '');
  return text === '' ? trimEnd(parts.slice(0, -1)) : [...parts.slice(0, -1), { text }];
}
