import { type MemberNode, type ObjectNode, parse, type Token } from '@humanwhocodes/momoa';

/** JSON5 text with its syntax tree, for edits that leave every other character unchanged. */
export interface Json5Text {
  readonly text: string;
  readonly root: ObjectNode;
  readonly tokens: readonly Token[];
}

/** Reads JSON5 text whose root is an object; `undefined` for anything else. */
export function readJson5(text: string): Json5Text | undefined {
  try {
    const { body, tokens = [] } = parse(text, { mode: 'json5', ranges: true, tokens: true });
    return body.type === 'Object' ? { text, root: body, tokens } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there are comments, which a program that rewrites the file would lose. */
export function hasComments({ tokens }: Json5Text): boolean {
  return tokens.some(isComment);
}

/** The member with a name; the last one if there are several, as in JSON5. */
export function findMember(object: ObjectNode, name: string): MemberNode | undefined {
  return object.members.findLast((member) => nameOf(member) === name);
}

/** Name of a member. */
export function nameOf({ name }: MemberNode): string {
  return name.type === 'String' ? name.value : name.name;
}

/** The text with one more member at the end of an object, in the style of that object. */
export function insertMember({ text, tokens }: Json5Text, object: ObjectNode, name: string, value: unknown): string {
  const [start, end] = rangeOf(object);
  const inside = tokens.filter((token) => rangeOf(token)[0] > start && rangeOf(token)[1] < end);
  const last = object.members.at(-1);
  const lastEnd = last ? rangeOf(last)[1] : start + 1;
  const trailingComma = inside.some((token) => token.type === 'Comma' && rangeOf(token)[0] >= lastEnd);
  const contentEnd = Math.max(start + 1, ...inside.map((token) => rangeOf(token)[1]));
  const lines = !last || text.slice(start, end).includes('\n');
  const indent = last && lines ? indentAt(text, rangeOf(last)[0]) : `${indentAt(text, start)}  `;
  const json = lines ? JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${indent}`) : inline(value);
  const separator = lines ? `\n${indent}` : ' ';
  const member = `${separator}${JSON.stringify(name)}: ${json}${trailingComma ? ',' : ''}`;
  const closing = last || text.slice(contentEnd, end).includes('\n') ? '' : `\n${indentAt(text, start)}`;
  const comma = last && !trailingComma ? ',' : '';
  return `${text.slice(0, lastEnd)}${comma}${text.slice(lastEnd, contentEnd)}${member}${closing}${text.slice(contentEnd)}`;
}

/** The text without a member of an object: what {@link insertMember} undoes. */
export function removeMember({ text, tokens }: Json5Text, object: ObjectNode, member: MemberNode): string {
  const [start, end] = rangeOf(member);
  const before = tokens.filter((token) => rangeOf(token)[1] <= start);
  const after = tokens.find((token) => rangeOf(token)[0] >= end && !isComment(token));
  const previous = before.at(-1);
  const cut = previous ? rangeOf(previous)[1] : start;
  if (after?.type === 'Comma') return text.slice(0, cut) + text.slice(rangeOf(after)[1]);
  const comma = before.findLast((token) => !isComment(token));
  const rest = text.slice(end);
  if (comma?.type === 'Comma') {
    const [commaStart, commaEnd] = rangeOf(comma);
    return text.slice(0, commaStart) + text.slice(commaEnd, cut) + rest;
  }
  const [, objectEnd] = rangeOf(object);
  const blank = text.slice(end, objectEnd - 1).trim() === '' && cut === rangeOf(object)[0] + 1;
  return text.slice(0, cut) + (blank ? text.slice(objectEnd - 1) : rest);
}

function inline(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${inline(member)}`);
  return `{ ${members.join(', ')} }`;
}

/** The indentation of the line that contains `index`. */
function indentAt(text: string, index: number): string {
  const lineStart = text.lastIndexOf('\n', index - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, index))?.[0] ?? '';
}

function isComment({ type }: Token): boolean {
  return type === 'LineComment' || type === 'BlockComment';
}

function rangeOf({ range }: { readonly range?: readonly [number, number] | number[] }): readonly [number, number] {
  const [start = 0, end = 0] = range ?? [];
  return [start, end];
}
