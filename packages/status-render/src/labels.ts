import { cutEnd, toOneLine } from './cut.ts';
import { LabelsError } from './errors.ts';
import {
  fillFirst,
  fillTemplate,
  type LabelPart,
  namesIn,
  parseTemplate,
  showValue,
  type Template,
} from './label-template.ts';
import builtIn from './labels.json' with { type: 'json' };
import type { Language } from './language.ts';
import { ENGLISH } from './language-file.ts';
import { fromPhrase, toPhrase } from './phrases.ts';

/** What a tool call is called in a post. */
export interface Label {
  readonly parts: readonly LabelPart[];
  /** It begins with the tool's name (`exec: …`), so it says nothing of its success, unlike `Reading …`. */
  readonly namesTool: boolean;
}

/** Names for tool calls: see `createLabels`. */
export interface Labels {
  /** The label of a call with these arguments; without any, the label alone. */
  describe(tool: string, args?: unknown): Label;
}

/** The key of a label for all tools that have none of their own. */
const ANY_TOOL = '*';

/** Arguments that say best what a call is about, for tools nobody wrote a label for; else the first that can be shown. */
const TELLING_ARGUMENTS =
  'command cmd query q url uri path file_path filePath file paths files pattern title name subject objective goal prompt task question description text message content target to recipient channel repo key label topic id ref'.split(
    ' ',
  );
/** How deep arguments are looked into for one that can be shown. */
const MAX_DEPTH = 2;
/** Longest name of a tool, code points. */
const MAX_TOOL_CHARS = 60;

/**
 * The built-in labels for the tools of OpenClaw, in a language (default: English), with `overrides` merged over them: an
 * object of tool name to template, as parsed from JSON. A template is plain text with arguments in braces:
 * `Reading {path|file_path:file}` shows the file name of the first of both arguments that is present, `{input:patch}` the
 * files of a patch, `{command:command}` a command without the shell around it, `{job.name}` an argument inside another
 * one. `{tool}` is the tool's name; the key `*` is for any other tool.
 *
 * A tool without a label reads by a rule: `mcp__github__create_issue` is `github: create issue` with the argument that
 * says most. Names are also found as other runtimes write them (`WebFetch`, `functions.exec`), and OpenClaw's own tools
 * read the same when they are called over MCP (`mcp__openclaw__exec`).
 *
 * @throws LabelsError naming the tool when a template is no text or cannot be parsed.
 */
export function createLabels(overrides?: unknown, language: Language = ENGLISH): Labels {
  const templates = new Map<string, ToolLabel>();
  for (const [tool, template] of Object.entries(builtIn)) templates.set(tool, inLanguage(tool, template, language));
  for (const [tool, template] of readOverrides(overrides)) {
    if (typeof template !== 'string' || template.trim() === '') {
      throw new LabelsError(
        tool,
        `Tool label "${tool}" must be a text such as "Reading {path}", not ${describe(template)}.`,
      );
    }
    templates.set(tool, toLabel(parseTemplate(tool, template)));
  }
  const anyTool = templates.get(ANY_TOOL);
  return {
    describe: (tool, args) => {
      const known = templates.get(tool);
      const { server, name } = known === undefined ? readToolName(tool) : { name: tool };
      const isOwn = server === undefined || server === 'openclaw';
      const label = known ?? (isOwn ? findLabel(templates, name) : undefined) ?? anyTool;
      if (label === undefined) return describeByRule(server, name, args);
      const parts = describeByLabel(label, tool, args);
      const first = parts[0];
      const words = first !== undefined && 'text' in first ? first.text : '';
      const namesTool = tool !== '' && (words.startsWith(tool) || words.startsWith(name) || NAMED.test(words));
      return { parts, namesTool };
    },
  };
}

/** How calls of a tool read. */
interface ToolLabel {
  readonly template: Template;
  /** The arguments that it asks for. */
  readonly named: readonly string[];
  /** Where nothing stands in any place, if the template alone would not do. */
  readonly alone?: Template;
}

function inLanguage(tool: string, template: string, language: Language): ToolLabel {
  const phrase = toPhrase(template);
  const words = language.label(phrase);
  if (words === undefined) return toLabel(parseTemplate(tool, template));
  const [text = phrase, alone] = typeof words === 'string' ? [words] : words;
  return {
    ...toLabel(parseTemplate(tool, fromPhrase(text, template))),
    ...(alone === undefined ? {} : { alone: parseTemplate(tool, alone) }),
  };
}

function toLabel(template: Template): ToolLabel {
  return { template, named: namesIn(template) };
}

/** The beginning of a label that is a name, not a sentence. */
const NAMED = /^[a-z][a-z ]*(?::|$)/;

function findLabel(labels: ReadonlyMap<string, ToolLabel>, name: string): ToolLabel | undefined {
  return labels.get(name) ?? labels.get(name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase());
}

/**
 * A tool of an MCP server is called `mcp__<server>__<tool>`, `<server>__<tool>` or `<server>.<tool>`; some runtimes put the
 * name of all functions before each.
 */
function readToolName(tool: string): { readonly server?: string; readonly name: string } {
  const [, server, name = tool] =
    /^(?:mcp__)?([^_./].*?)(?:__|[./])(.+)$/s.exec(tool.slice(0, 4 * MAX_TOOL_CHARS)) ?? [];
  return server === undefined || /^(?:functions?|tools|default_api)$/.test(server) ? { name } : { server, name };
}

function describeByLabel({ template, named, alone }: ToolLabel, tool: string, args: unknown): LabelPart[] {
  const toolName = cutEnd(toOneLine(tool), MAX_TOOL_CHARS);
  const isText = typeof args === 'string' || Array.isArray(args);
  let isShown = false;
  const parts = fillTemplate(template, (name) => {
    if (name === 'tool') return toolName;
    // Arguments that are plain text are what the label asks for first.
    if (isText && isShown) return undefined;
    isShown ||= isText;
    return isText ? args : readArgument(args, name);
  });
  if (named.length === 0 || parts.some((part) => 'value' in part)) return parts;
  const value = tellingArgument(args, { named, anyName: false });
  if (value !== '') return fillFirst(template, toolName, value);
  return alone === undefined ? parts : fillTemplate(alone, () => undefined);
}

function describeByRule(server: string | undefined, name: string, args: unknown): Label {
  const words = [server, name].filter((part) => part !== undefined).map(toWords);
  const text = cutEnd(words.filter((word) => word !== '').join(': '), MAX_TOOL_CHARS) || 'tool';
  const action = showValue(readArgument(args, 'action'));
  const value = tellingArgument(args, { named: ['action'], anyName: action === '' });
  const values = [action, value].filter((shown) => shown !== '');
  const shown = values.flatMap((each): LabelPart[] => [{ text: ' ' }, { value: each }]).slice(1);
  return { parts: shown.length === 0 ? [{ text }] : [{ text: `${text}: ` }, ...shown], namesTool: true };
}

/** `createIssue` and `create_issue` are `create issue`. */
function toWords(name: string): string {
  return toOneLine(name.replace(/[_-]+/g, ' ').replace(/(?<=[a-z0-9])(?=[A-Z][a-z])/g, ' ')).replace(
    /\b[A-Z](?=[a-z])/g,
    (letter) => letter.toLowerCase(),
  );
}

interface Telling {
  /** Names that were looked at before. */
  readonly named: readonly string[];
  /** Whether an argument of any other name will do. */
  readonly anyName: boolean;
}

/** The argument that says most, in one line; empty for none. */
function tellingArgument(args: unknown, { named, anyName }: Telling, depth = 0): string {
  if (typeof args === 'string' || typeof args === 'number' || isTexts(args)) return showValue(args);
  if (typeof args !== 'object' || args === null || depth > MAX_DEPTH) return '';
  const all = Array.isArray(args) ? args.slice(0, 1) : [];
  const names = [...TELLING_ARGUMENTS, ...(anyName ? Object.keys(args).slice(0, 50) : [])];
  const values = Array.isArray(args)
    ? all
    : names.filter((name) => !named.includes(name)).map((name) => readArgument(args, name));
  for (const value of values) {
    const shown = typeof value === 'object' ? '' : showValue(value);
    if (shown !== '') return shown;
  }
  // What stands deeper says less.
  const deeper = Array.isArray(args) ? all : [...values, ...Object.values(args).slice(0, 50)];
  for (const value of deeper) {
    const shown = typeof value === 'object' ? tellingArgument(value, { named: [], anyName: false }, depth + 1) : '';
    if (shown !== '') return shown;
  }
  return '';
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'string');
}

function readOverrides(overrides: unknown): [string, unknown][] {
  if (overrides === undefined) return [];
  if (typeof overrides !== 'object' || overrides === null || Array.isArray(overrides)) {
    throw new LabelsError(
      undefined,
      `Tool labels must be an object such as {"read": "Reading {path}"}, not ${describe(overrides)}.`,
    );
  }
  return Object.entries(overrides);
}

function describe(value: unknown): string {
  if (typeof value === 'string' && value.trim() === '') return 'an empty text';
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'null' : `a ${typeof value}`;
}

/** The argument of a name: `command`, or `job.name` inside another one. */
function readArgument(args: unknown, name: string): unknown {
  if (typeof args !== 'object' || args === null) return undefined;
  if (Object.hasOwn(args, name)) return Reflect.get(args, name);
  const dot = name.indexOf('.');
  return dot === -1 ? undefined : readArgument(readArgument(args, name.slice(0, dot)), name.slice(dot + 1));
}
