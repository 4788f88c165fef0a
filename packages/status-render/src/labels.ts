import { LabelsError } from './errors.ts';
import { fillTemplate, type LabelPart, parseTemplate, showValue, type Template } from './label-template.ts';
import builtIn from './labels.json' with { type: 'json' };

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
  'action command cmd query url uri path file_path file paths pattern title name subject target to channel repo key id'.split(
    ' ',
  );

/**
 * The built-in labels for the tools of OpenClaw, with `overrides` merged over them: an object of tool name to template,
 * as parsed from JSON. A template is plain text with arguments in braces: `Reading {path|file_path:file}` shows the file
 * name of the first of both arguments that is present, `{input:patch}` the files of a patch. `{tool}` is the tool's name;
 * the key `*` is for any other tool.
 *
 * A tool without a label reads by a rule: `mcp__github__create_issue` is `github: create issue` with the argument that
 * says most. OpenClaw's own tools read the same when they are called over MCP (`mcp__openclaw__exec`).
 *
 * @throws LabelsError naming the tool when a template is no text or cannot be parsed.
 */
export function createLabels(overrides?: unknown): Labels {
  const templates = new Map<string, Template>();
  for (const [tool, template] of [...Object.entries(builtIn), ...readOverrides(overrides)]) {
    if (typeof template !== 'string' || template.trim() === '') {
      throw new LabelsError(
        tool,
        `Tool label "${tool}" must be a text such as "Reading {path}", not ${describe(template)}.`,
      );
    }
    templates.set(tool, parseTemplate(tool, template));
  }
  const anyTool = templates.get(ANY_TOOL);
  return {
    describe: (tool, args) => {
      const { server, name } = readToolName(tool);
      const template = templates.get(tool) ?? (server === 'openclaw' ? templates.get(name) : undefined) ?? anyTool;
      if (template === undefined) return describeByRule(server, name, args);
      const parts = fillTemplate(template, (key) => (key === 'tool' ? tool : readArgument(args, key)));
      const first = parts[0];
      const namesTool =
        first !== undefined && 'text' in first && [tool, name].some((each) => first.text.startsWith(each));
      return { parts, namesTool };
    },
  };
}

/** A tool of an MCP server is called `mcp__<server>__<tool>`. */
function readToolName(tool: string): { readonly server?: string; readonly name: string } {
  const [, server, name] = /^mcp__(.+?)__(.+)$/s.exec(tool) ?? [];
  return server === undefined || name === undefined ? { name: tool } : { server, name };
}

function describeByRule(server: string | undefined, name: string, args: unknown): Label {
  const words = [server, name].filter((part) => part !== undefined).map((part) => part.replace(/[_-]+/g, ' ').trim());
  const value = tellingArgument(args);
  const text = words.filter((word) => word !== '').join(': ');
  return { parts: value === '' ? [{ text }] : [{ text: `${text}: ` }, { value }], namesTool: true };
}

function tellingArgument(args: unknown): string {
  if (typeof args === 'string') return showValue(args);
  if (typeof args !== 'object' || args === null) return '';
  for (const name of [...TELLING_ARGUMENTS, ...Object.keys(args)]) {
    const shown = showValue(readArgument(args, name));
    if (shown !== '') return shown;
  }
  return '';
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

/** Arguments that are plain text are whatever the label asks for. */
function readArgument(args: unknown, name: string): unknown {
  if (typeof args === 'string') return args;
  if (typeof args !== 'object' || args === null || !Object.hasOwn(args, name)) return undefined;
  return Reflect.get(args, name);
}
