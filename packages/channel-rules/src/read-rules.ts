import { type DocumentNode, type MemberNode, type ObjectNode, parse, type ValueNode } from '@humanwhocodes/momoa';
import * as v from 'valibot';
import { nearest, parseKey, type RuleKey, showKey } from './key.ts';
import { FIELDS, fieldOf, type Rule } from './rule.ts';

/** A rule and what it is for. */
export interface KeyedRule {
  readonly key: RuleKey;
  readonly rule: Rule;
  /** Where it is in the file, from 1. */
  readonly line: number;
}

/** Something wrong with a file of rules. */
export interface RuleProblem {
  /** From 1; undefined for what concerns the whole file. */
  readonly line?: number | undefined;
  /** What is wrong, with the key and the value. */
  readonly what: string;
  readonly fix: string;
}

/** The rules of a file, or everything that is wrong with it, in the order of its lines. */
export type RulesReading =
  | { readonly ok: true; readonly rules: readonly KeyedRule[] }
  | {
      readonly ok: false;
      readonly problems: readonly RuleProblem[];
      /** Those with a key that is right, without fields where one of them is wrong: to see what else is wrong. */
      readonly sound: readonly KeyedRule[];
    };

/** Options of {@link readRules}. */
export interface ReadRulesOptions {
  /** Names of OpenClaw channels that are known, besides those that everybody knows. */
  readonly kinds?: readonly string[];
}

const EXAMPLE = '{ "*": { "show": "full" }, "cron": { "show": "quiet" } }';

/** Reads a file of rules: JSON, also with comments and commas before closing brackets. Never throws. */
export function readRules(text: string, { kinds = [] }: ReadRulesOptions = {}): RulesReading {
  const parsed = parseJson(text);
  if ('problem' in parsed) return { ok: false, problems: [parsed.problem], sound: [] };
  const { body } = parsed.document;
  if (body.type !== 'Object') {
    const what = `the file holds ${describe(body)}, not an object`;
    return { ok: false, problems: [{ line: lineOf(body), what, fix: `write ${EXAMPLE}` }], sound: [] };
  }
  const rules: KeyedRule[] = [];
  const problems: RuleProblem[] = [];
  const lines = new Map<string, number>();
  for (const member of body.members) {
    const name = nameOf(member);
    const line = lineOf(member);
    if (name === '$schema') {
      if (member.value.type === 'String') continue;
      problems.push({
        line,
        what: `"$schema" is ${describe(member.value)}`,
        fix: 'write the path of the schema, or remove it',
      });
      continue;
    }
    const found = readRule(name, member, kinds);
    problems.push(...found.problems);
    if (found.key === undefined) continue;
    const shown = showKey(found.key);
    const earlier = lines.get(shown);
    lines.set(shown, earlier ?? line);
    if (earlier !== undefined) {
      problems.push({ line, what: `"${name}" has a rule in line ${earlier} already`, fix: 'write both as one' });
    }
    rules.push({ key: found.key, rule: found.rule, line });
  }
  return problems.length === 0 ? { ok: true, rules } : { ok: false, problems, sound: rules };
}

/** `line 3: "cron" has …; did you mean "show"?` */
export function describeProblem({ line, what, fix }: RuleProblem): string {
  return `${line === undefined ? '' : `line ${line}: `}${what}; ${fix}`;
}

function parseJson(text: string): { readonly document: DocumentNode } | { readonly problem: RuleProblem } {
  const source = text.replace(/^\uFEFF/, '');
  if (source.trim() === '')
    return { problem: { what: 'the file is empty', fix: `write ${EXAMPLE}, or {} for no rules` } };
  try {
    return { document: parse(source, { mode: 'jsonc', allowTrailingCommas: true }) };
  } catch (error) {
    const { line, message } = error as { readonly line?: number; readonly message: string };
    const what = `it is not JSON (${message.replace(/\s*\(\d+:\d+\)$/, '').replace(/\.$/, '')})`;
    return { problem: { line, what, fix: 'correct its quotes, commas and brackets' } };
  }
}

interface FoundRule {
  /** Undefined for a key that means nothing. */
  readonly key?: RuleKey;
  readonly rule: Rule;
  readonly problems: readonly RuleProblem[];
}

function readRule(name: string, { name: at, value }: MemberNode, kinds: readonly string[]): FoundRule {
  const parsed = parseKey(name, kinds);
  const unknown: RuleProblem[] = parsed.ok
    ? []
    : [{ line: lineOf(at), what: `"${name}" is nothing that a rule can be for`, fix: parsed.fix }];
  const { rule, problems } = readFields(name, value);
  return { ...(parsed.ok ? { key: parsed.key } : {}), rule, problems: [...unknown, ...problems] };
}

function readFields(key: string, node: ValueNode): { readonly rule: Rule; readonly problems: readonly RuleProblem[] } {
  if (node.type !== 'Object') {
    const fix = 'write an object such as { "show": "quiet" }';
    return { rule: {}, problems: [{ line: lineOf(node), what: `"${key}" is ${describe(node)}`, fix }] };
  }
  const problems: RuleProblem[] = [];
  const fields = new Map<string, unknown>();
  for (const member of node.members) {
    const name = nameOf(member);
    const line = lineOf(member);
    const value = jsonOf(member.value);
    if (fields.has(name)) problems.push({ line, what: `"${key}" has "${name}" twice`, fix: 'remove one of them' });
    fields.set(name, value);
    const problem = problemOf(name, value);
    if (problem !== undefined) problems.push({ line, what: `"${key}" has ${problem.what}`, fix: problem.fix });
  }
  return { rule: problems.length === 0 ? (Object.fromEntries(fields) as Rule) : {}, problems };
}

/** What is wrong with a field. */
function problemOf(name: string, value: unknown): { readonly what: string; readonly fix: string } | undefined {
  const field = fieldOf(name);
  if (field === undefined) {
    const names = Object.keys(FIELDS);
    const similar = nearest(name, names);
    const fix = similar === undefined ? `use ${names.join(', ')}` : `did you mean "${similar}"?`;
    return { what: `the field "${name}", which there is not`, fix };
  }
  if (v.is(field.schema, value)) return undefined;
  const similar = typeof value === 'string' ? nearest(value, field.choices ?? []) : undefined;
  return { what: `"${name}": ${show(value)}`, fix: similar === undefined ? field.hint : `did you mean "${similar}"?` };
}

function nameOf({ name }: MemberNode): string {
  return name.type === 'String' ? name.value : name.name;
}

function lineOf({ loc }: { readonly loc: { readonly start: { readonly line: number } } }): number {
  return loc.start.line;
}

/** A value without its positions.  */
function jsonOf(node: ValueNode): unknown {
  switch (node.type) {
    case 'Object':
      return objectOf(node);
    case 'Array':
      return node.elements.map(({ value }) => jsonOf(value));
    case 'Null':
      return null;
    case 'NaN':
    case 'Infinity':
      return undefined;
    default:
      return node.value;
  }
}

function objectOf({ members }: ObjectNode): object {
  return Object.fromEntries(members.map((member) => [nameOf(member), jsonOf(member.value)]));
}

/** Longer values are cut in messages. */
const MAX_SHOWN = 60;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function describe(node: ValueNode): string {
  if (node.type === 'Array') return 'a list';
  return node.type === 'Object' ? 'an object' : show(jsonOf(node));
}
