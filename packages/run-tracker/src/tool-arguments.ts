import type { PlanStep, Question } from '@live-status/session-state';
import { type JsonObject, memberOf, numberOf, objectOf, textOf, toolNameOf } from '@live-status/transcript-parser';

/** What the arguments of some tools say beyond their call: a plan, a question to a person, files that change. */

const PLAN_TOOLS: ReadonlySet<string> = new Set(['progress_card', 'update_plan', 'todowrite', 'todo_write']);
/** Names under which tools are given a checklist. */
const PLAN_ARGUMENTS = ['plan', 'todos', 'steps', 'tasks', 'items'] as const;
/** What may stand beside the checklist of a tool that is not known: any other argument says that the call does more. */
const BESIDE_PLANS: ReadonlySet<string> = new Set([
  ...PLAN_ARGUMENTS,
  'explanation',
  'markdown',
  'merge',
  'note',
  'title',
]);
/** Steps and characters of each that are read of a checklist. */
const MAX_STEPS = 100;
const MAX_STEP_CHARS = 2_000;
const STEP_STATES: Readonly<Record<string, PlanStep['status']>> = {
  pending: 'open',
  todo: 'open',
  not_started: 'open',
  in_progress: 'current',
  completed: 'done',
  done: 'done',
};

/** Whether calls of a tool do nothing but write the agent's checklist, by its name. */
export function isPlanTool(tool: string): boolean {
  return PLAN_TOOLS.has(toolNameOf(tool).toLowerCase());
}

/**
 * The checklist that a call writes: by its tool, or by the shape of its arguments, a list of `{ step, status }` and
 * nothing that would do more. Empty: it has no steps (any more). `undefined`: the call does not write one, or its
 * arguments are not known.
 */
export function planIn(tool: string, args: unknown): PlanStep[] | undefined {
  const given = objectOf(args);
  if (given === undefined) return undefined;
  const isKnown = isPlanTool(tool);
  if (!isKnown && !Object.keys(given).every((name) => BESIDE_PLANS.has(name))) return undefined;
  for (const name of PLAN_ARGUMENTS) {
    const list = given[name];
    if (!Array.isArray(list) || (list.length === 0 && !isKnown)) continue;
    if (isKnown || list.every((item) => stepOf(item) !== undefined)) return toPlan(list);
  }
  return isKnown ? [] : undefined;
}

/** The first steps in a list of `{ step, status }`, bounded; what is none, or was cancelled, is left out. */
export function toPlan(list: unknown): PlanStep[] {
  const steps = Array.isArray(list) ? list.flatMap((item) => stepOf(item) || []) : [];
  return steps.slice(0, MAX_STEPS);
}

/** `null`: a step that was given up. */
function stepOf(item: unknown): PlanStep | null | undefined {
  const { step, content, text, title, status } = objectOf(item) ?? {};
  const words = [step, content, text, title].find((given) => typeof given === 'string' && given !== '');
  if (typeof words !== 'string') return undefined;
  if (status === 'cancelled') return null;
  const state = memberOf(STEP_STATES, textOf(status) ?? '');
  return state && { text: words.slice(0, MAX_STEP_CHARS), status: state };
}

const DEFAULT_TIMEOUT_S = 900;
const MIN_TIMEOUT_S = 30;
const MAX_TIMEOUT_S = 3_600;

/** A call as far as it is known. */
export interface AskingCall {
  readonly tool: string;
  readonly args: unknown;
  /** What the call is called where its arguments are not told: `Ask User Where shall I deploy?`. */
  readonly title?: string | undefined;
  /** When it began, milliseconds since the epoch. */
  readonly startedAt: number;
}

/** What a call asks a person; `undefined`: nothing. What asks for a secret says so and quotes nothing. */
export function questionIn({ args, startedAt, title, tool }: AskingCall): Question | undefined {
  const given = objectOf(args);
  const name = toolNameOf(tool);
  if (name === 'secrets') {
    const isRequest = Object.values(given ?? {}).some((value) => value === 'request');
    return isRequest ? { asks: [], secret: true, ...untilOf(given, startedAt) } : undefined;
  }
  if (name !== 'ask_user') return undefined;
  if (given === undefined) {
    const text = title?.replace(/^Ask User\s*/i, '').trim() ?? '';
    return { asks: text === '' ? [] : [{ text, options: [] }], secret: false };
  }
  const questions = (Array.isArray(given.questions) ? given.questions : [given]).map((one) => objectOf(one) ?? {});
  const secret = questions.some((one) => [one.secret, one.isSecret, one.sensitive].includes(true));
  return { asks: secret ? [] : questions.flatMap(askOf), secret, ...untilOf(given, startedAt) };
}

/** Whether the arguments of a call may say something that must not be shown. */
export function isSecret(tool: string, question: Question | undefined): boolean {
  return toolNameOf(tool) === 'secrets' || question?.secret === true;
}

function askOf({ question, options }: JsonObject): Question['asks'] {
  const text = textOf(question);
  if (text === undefined) return [];
  const labels = (Array.isArray(options) ? options : []).flatMap(
    (option) => textOf(option) ?? textOf(objectOf(option)?.label) ?? [],
  );
  return [{ text, options: labels }];
}

function untilOf(args: JsonObject | undefined, startedAt: number): { readonly until: number } {
  const seconds = numberOf(args?.timeoutSeconds) ?? DEFAULT_TIMEOUT_S;
  return { until: startedAt + Math.min(Math.max(seconds, MIN_TIMEOUT_S), MAX_TIMEOUT_S) * 1_000 };
}

/** A call that succeeded. */
export interface FileCall {
  readonly tool: string;
  readonly args: unknown;
  /** Of its result; absent where the result does not have them. */
  readonly details?: JsonObject | undefined;
}

/** Paths of the files that a call wrote, edited or deleted. */
export function filesChangedBy({ args, details, tool }: FileCall): string[] {
  const { input, path, file_path: filePath } = objectOf(args) ?? {};
  const name = toolNameOf(tool);
  if (name === 'write' || name === 'edit') {
    const file = textOf(path) ?? textOf(filePath);
    return file === undefined || details?.changed === false ? [] : [file];
  }
  if (name !== 'apply_patch') return [];
  const summary = objectOf(details?.summary);
  if (summary === undefined) return pathsInPatch(textOf(input) ?? '');
  const lists = [summary.added, summary.modified, summary.deleted];
  return lists.flatMap((list) => (Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []));
}

function pathsInPatch(patch: string): string[] {
  return Array.from(patch.matchAll(/^\*\*\* (?:Add|Update|Delete) File: (.+)$/gm), ([, path = '']) => path.trim());
}
