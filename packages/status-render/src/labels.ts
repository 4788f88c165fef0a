import { LabelsError } from './errors.ts';
import { fillTemplate, type LabelPart, parseTemplate, type Template } from './label-template.ts';
import builtIn from './labels.json' with { type: 'json' };

/** What a tool call is called in a post. */
export interface Label {
  readonly parts: readonly LabelPart[];
  /** It begins with the tool's name (`exec: …`), so unlike `Reading …` it does not imply success. */
  readonly namesTool: boolean;
}

/** Names for tool calls: see `createLabels`. */
export interface Labels {
  /** The label of a call with these arguments; without any, the label alone. */
  describe(tool: string, args?: unknown): Label;
}

/** The key of the label for tools without one. */
const ANY_TOOL = '*';

/**
 * The built-in labels for the tools of OpenClaw, with `overrides` merged over them: an object of tool name to template,
 * as parsed from JSON. A template is plain text with arguments in braces: `Reading {path|file_path:file}` shows the file
 * name of whichever argument is present first. `{tool}` is the tool's name; the key `*` is for any other tool.
 *
 * @throws LabelsError naming the tool when a template is not a string or cannot be parsed.
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
  const fallback = templates.get(ANY_TOOL) ?? [];
  return {
    describe: (tool, args) => {
      const template = templates.get(tool) ?? fallback;
      const parts = fillTemplate(template, (name) => (name === 'tool' ? tool : readArgument(args, name)));
      const first = parts[0];
      return { parts, namesTool: first !== undefined && 'text' in first && first.text.startsWith(tool) };
    },
  };
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

function readArgument(args: unknown, name: string): unknown {
  if (typeof args !== 'object' || args === null || !Object.hasOwn(args, name)) return undefined;
  return Reflect.get(args, name);
}
