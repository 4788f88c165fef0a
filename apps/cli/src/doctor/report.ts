import type { styleText } from 'node:util';
import { compact, printableLine } from '@live-status/basics';
import { type Finding, type FindingState, GROUPS, type GroupId, groupOf } from './finding.ts';

/** Names of colours, as `styleText` of node:util knows them. */
type Color = Parameters<typeof styleText>[0];

/** Colours a text for the terminal, or leaves it as it is. */
export type Paint = (color: Color, text: string) => string;

/** How findings are shown. */
export interface ReportOptions {
  /** Shows everything, not only what matters. Default: false. */
  readonly verbose?: boolean | undefined;
  /** Default: no colours. */
  readonly paint?: Paint | undefined;
}

const MARKS: Readonly<Record<FindingState, readonly [mark: string, color: Color]>> = {
  ok: ['✓', 'green'],
  next: ['›', 'cyan'],
  warn: ['!', 'yellow'],
  fail: ['✗', 'red'],
};
/** The worst first. */
const BY_WEIGHT: readonly FindingState[] = ['fail', 'warn', 'next', 'ok'];
const TITLE_WIDTH = Math.max(...Object.values(GROUPS).map((title) => title.length));

/**
 * Lines for people. A group in which all is well is one line; what is not is shown in full with its fix. The last lines
 * count and name the next step.
 */
export function describeFindings(
  findings: readonly Finding[],
  { verbose = false, paint = (_color, text) => text }: ReportOptions = {},
): readonly string[] {
  const printable = findings.map(toPrintable);
  const groups = (Object.keys(GROUPS) as GroupId[]).flatMap((group) => {
    const own = printable.filter(({ id }) => groupOf(id) === group);
    return own.length === 0 ? [] : [groupLine(group, own, paint), ...shownFindings(own, verbose, paint)];
  });
  return [...groups, '', ...summary(printable, paint)];
}

/** Findings quote what servers said and what others chose as names. */
function toPrintable({ id, state, name, found, fix, brief, details }: Finding): Finding {
  return {
    id,
    state,
    name: printableLine(name),
    found: printableLine(found),
    ...compact({
      fix: fix && printableLine(fix),
      brief: brief && printableLine(brief),
      details: details?.map(printableLine),
    }),
  };
}

function groupLine(group: GroupId, findings: readonly Finding[], paint: Paint): string {
  const state = BY_WEIGHT.find((each) => findings.some((finding) => finding.state === each)) ?? 'ok';
  const briefs = findings.flatMap(({ brief }) => brief ?? []).join(', ');
  return `${mark(state, paint)} ${paint('bold', GROUPS[group].padEnd(briefs === '' ? 0 : TITLE_WIDTH))}  ${briefs}`.trimEnd();
}

function shownFindings(findings: readonly Finding[], verbose: boolean, paint: Paint): readonly string[] {
  const shown = findings.filter(({ state }) => verbose || state !== 'ok');
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const margin = ' '.repeat(width + 6);
  return shown.flatMap(({ name, state, found, fix, details = [] }) => [
    `  ${mark(state, paint)} ${name.padEnd(width)}  ${found}`,
    ...(fix === undefined ? [] : [`${margin}${paint('dim', '->')} ${fix}`]),
    ...(verbose ? details.map((detail) => `${margin}${paint('dim', detail)}`) : []),
  ]);
}

function summary(findings: readonly Finding[], paint: Paint): readonly string[] {
  const count = (state: FindingState): number => findings.filter((finding) => finding.state === state).length;
  const warnings = count('warn') === 1 ? '1 warning' : `${count('warn')} warnings`;
  const counted = `${count('ok')} ok, ${warnings}, ${count('fail')} failed`;
  const step = nextStep(findings);
  return step === undefined ? [counted] : [counted, `${paint('bold', 'Next:')} ${step}`];
}

/** What has to be repaired first: the causes of what follows. */
const CAUSES_FIRST: readonly GroupId[] = [
  'installation',
  'openclaw',
  'settings',
  'mattermost',
  'state',
  'gateway',
  'daemon',
];

/** The one thing to do now; the others follow. `undefined` where nothing has to be done. */
function nextStep(findings: readonly Finding[]): string | undefined {
  const failed = CAUSES_FIRST.flatMap((group) =>
    findings.filter(({ id, state }) => state === 'fail' && groupOf(id) === group),
  );
  const [step = findings.find(({ state }) => state === 'next')] = failed;
  if (step === undefined) return undefined;
  const isOfMattermost = ({ id, found }: Finding): boolean =>
    id === 'settings.problem' && /^MM_(?:TOKEN|URL) is not set/.test(found);
  if (isOfMattermost(step) && failed.filter(isOfMattermost).length > 1) {
    return 'connect OpenClaw to Mattermost (channels.mattermost in openclaw.json), or set MM_URL and MM_TOKEN';
  }
  // The fix of a setting says what to do with "it".
  return groupOf(step.id) === 'settings' ? `${step.found}: ${step.fix}` : step.fix;
}

function mark(state: FindingState, paint: Paint): string {
  const [text, color] = MARKS[state];
  return paint(color, text);
}

/** `{ ok, next?, checks: [{ id, group, name, state, found, fix?, details? }] }`; `ok` is false if a check failed. */
export function toJson(findings: readonly Finding[]): string {
  const checks = findings.map(({ brief: _, ...finding }) => ({ ...finding, group: groupOf(finding.id) }));
  const step = nextStep(findings);
  const ok = findings.every(({ state }) => state !== 'fail');
  return JSON.stringify({ ok, ...(step !== undefined && { next: step }), checks }, undefined, 2);
}
