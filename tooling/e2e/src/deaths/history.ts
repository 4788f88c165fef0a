import { type ObservedPost, stateOf } from '@live-status/stage';

/** A text without what its clock shows. */
function withoutTimes(text: string): string {
  return text.replace(/ ?\b\d+(?:h \d\dm|m \d\ds|[hms])\b/g, '');
}

/** What must hold of every version of a post, whatever happened to the daemons that wrote it. */
export function problemsIn({ versions, message }: ObservedPost, undisturbed?: ObservedPost): string[] {
  const fleeting = new Set(undisturbed === undefined ? [] : lostLines(undisturbed).map(({ line }) => line));
  const reopens = undisturbed === undefined ? 0 : countReopened(undisturbed);
  const lost = lostLines({ versions }).filter(({ line }) => !fleeting.has(line) && !isFleeting(line));
  const same = versions.flatMap((version, index) =>
    index > 0 && withoutTimes(version.message) === withoutTimes(versions[index - 1]?.message ?? '')
      ? [`version ${index + 1} says nothing new: ${head(version.message)}`]
      : [],
  );
  return [
    ...lost.map(({ line, index }) => `"${line}" was shown and is gone in version ${index + 1}`),
    ...same,
    ...fewerTokens({ versions }),
    ...(countReopened({ versions }) > reopens ? ['an end was shown, and then that the work goes on'] : []),
    ...(/^(ACTIVE|WAITING)$/.test(stateOf(message) ?? '') ? [`left as ${head(message)}`] : []),
  ];
}

/** What the post of a daemon that died says in the end less than, or other than, that of one that did not. */
export function differencesOf(post: ObservedPost, undisturbed: ObservedPost): string[] {
  const [is, wanted] = [post, undisturbed].map(({ message }) => message.split('\n'));
  const [state, wantedState] = [stateOf(post.message), stateOf(undisturbed.message)];
  const lines = (is ?? []).slice(1).map((line) => withoutTimes(line));
  const isShown = (line: string): boolean => post.versions.some(({ message }) => message.includes(line));
  const missing = (wanted ?? [])
    .slice(1)
    .filter((line) => !hasLine(lines, withoutTimes(line)) && !(isNeverToldAgain(line) && !isShown(line)));
  return [
    ...(state === wantedState ? [] : [`ends as ${state} instead of ${wantedState}`]),
    ...missing.map((line) => `"${line.trim()}" is missing in the end:\n${post.message}`),
    ...(lines.length > (wanted ?? []).length - 1 ? [`has more lines in the end:\n${post.message}`] : []),
  ];
}

/** What happened while no daemon was at work, and no history of a gateway has. */
function isNeverToldAgain(line: string): boolean {
  return /^ *- (\[session compacted|Model: )/.test(line);
}

/** Of what began and ended while no daemon was at work a gateway tells less: not what a call was given, nor how it failed. */
function hasLine(lines: readonly string[], wanted: string): boolean {
  if (lines.includes(wanted)) return true;
  const [name = wanted] = /^ *- [^:`]*/.exec(wanted) ?? [];
  const failed = /\[(exit \d+|error)\]/.test(wanted);
  return lines.some((line) => line.startsWith(name.trimEnd()) && /\[(exit \d+|error)\]/.test(line) === failed);
}

interface LostLine {
  readonly line: string;
  /** Of the version in which it is gone. */
  readonly index: number;
}

/** What earlier versions of a post named and the next one does not: readers must never see less than before. */
function lostLines({ versions }: Pick<ObservedPost, 'versions'>): LostLine[] {
  return versions.flatMap(({ message }, index) => {
    const before = versions[index - 1];
    if (before === undefined) return [];
    const left = new Set(essences(message));
    return essences(before.message).flatMap((line) => (left.has(line) ? [] : [{ line, index }]));
  });
}

/** The lines below the head by what they are about: without times, counts and how it ended. */
function essences(message: string): string[] {
  return message
    .split('\n')
    .slice(1)
    .map((line) =>
      withoutTimes(line)
        .replace(/ x\d+\b/g, '')
        .replace(/(?<=^ *- .+) \[[^\]`]*\].*$| \.\.\.$| waits for approval.*$/, '')
        .replace(/^- [▸○✓] (?:\*\*)?(.*?)(?:\*\*)?$/, '- $1')
        .trim(),
    );
}

/** What comes and goes by its nature. */
function isFleeting(line: string): boolean {
  return /^(- )?(Thinking|Compacting|Model:|Starting a sub-agent|\.\.\. )|: waiting to start$/.test(line);
}

const head = (message: string): string => message.split('\n', 1)[0] ?? '';

/** How often a post said that its work had ended, and then that it goes on. */
function countReopened({ versions }: Pick<ObservedPost, 'versions'>): number {
  const isOver = ({ message }: { readonly message: string }): boolean =>
    /^(DONE|ERROR|ABORTED|TIMEOUT)$/.test(stateOf(message) ?? '') ||
    (stateOf(message) === 'INTERRUPTED' && !message.includes('status updates stopped'));
  return versions.filter((version, index) => !isOver(version) && index > 0 && isOver(versions[index - 1] ?? version))
    .length;
}

function fewerTokens({ versions }: Pick<ObservedPost, 'versions'>): string[] {
  return versions.flatMap(({ message }, index) => {
    const [before, now] = [tokensIn(versions[index - 1]?.message ?? ''), tokensIn(message)];
    return now < before ? [`${before} tokens were shown, and ${now} in version ${index + 1}`] : [];
  });
}

function tokensIn(message: string): number {
  const [, digits = '0', unit] = head(message).match(/\| ([\d.]+)([kM]?) tokens/) ?? [];
  return Number(digits) * (unit === 'M' ? 1e6 : unit === 'k' ? 1e3 : 1);
}
