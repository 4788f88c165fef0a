import type { Box, BoxState, ToolLine } from '@live-status/session-state';
import { elapsedOf } from './head.ts';
import type { Labels } from './labels.ts';
import type { Language } from './language.ts';
import { ENGLISH } from './language-file.ts';
import { markdown } from './markup.ts';
import type { WordKey } from './word-keys.ts';
import { commandOf, nameOf, reasonOf, type Wording, withAnswer } from './words.ts';

export interface NoticeOptions {
  readonly labels: Labels;
  /** Default: English. */
  readonly language?: Language;
  /** Whether commands and reasons may be shown. Default true. */
  readonly showText?: boolean;
  /** Whether arguments of tools and the texts of errors may be shown. Default true. */
  readonly showArguments?: boolean;
  /** User name of who asked for the work, without `@`: mentioned while an answer is needed. Default: nobody. */
  readonly askedBy?: string;
  /** Name of the bot that takes answers in this conversation, without `@`. Default: not known. */
  readonly botName?: string;
  /** Whether an approval can be answered in this conversation. Default false. */
  readonly canAnswerHere?: boolean;
}

/** A user name, but none that Mattermost reads as everybody; it passes over marks at the ends of a name. */
const USER_NAME = /^(?![._-]*(?:all|channel|here)[._-]*$)[a-z0-9._-]{1,64}$/;

/** Whether a text may be mentioned in a post: it is the name of one user or bot, without `@`. */
export function isUserName(text: string): boolean {
  return USER_NAME.test(text);
}

/**
 * A short reply that notifies people, since edits of a status post do not: a call waits for approval, or how it was
 * decided. As safe as a post of {@link renderBox}; the only mention is that of `askedBy`, while the call waits.
 */
export function renderApprovalNotice(line: ToolLine, options: NoticeOptions): string {
  const wording: Wording = {
    nowMs: 0,
    language: ENGLISH,
    showText: true,
    showArguments: true,
    canAnswerHere: false,
    ...options,
  };
  const { language } = wording;
  const command = commandOf(line, wording, markdown);
  const { approval, state } = line;
  if (state !== 'running' || approval === undefined)
    return language.say(DECISIONS[state] ?? 'notice.approved', { command });
  const asked = options.askedBy !== undefined && isUserName(options.askedBy) ? `@${options.askedBy} ` : '';
  const waiting = `${asked}${language.say('notice.waiting', { command })}`;
  return wording.canAnswerHere ? withAnswer(waiting, approval.approvalId, wording, markdown) : waiting;
}

/** What became of a call that waited; it was let through when it ended in any other way. */
const DECISIONS: Partial<Record<ToolLine['state'], WordKey>> = {
  // How it was decided comes with the end of the call.
  running: 'notice.noLongerWaiting',
  denied: 'notice.denied',
  'not-approved': 'notice.notApproved',
  aborted: 'notice.noLongerWaiting',
  ended: 'notice.noLongerWaiting',
};

/** How work ended that did not fail. */
const ENDS: Partial<Record<BoxState, WordKey>> = {
  done: 'notice.done',
  aborted: 'notice.aborted',
  // Perhaps only the gateway cannot be reached.
  interrupted: 'notice.interrupted',
};

/** A short message that notifies people of the end of work that belongs to no conversation. */
export function renderEndNotice(box: Box, options: NoticeOptions): string {
  const { language = ENGLISH, showText = true, showArguments = true } = options;
  const name = nameOf(box.title, markdown) || language.say('notice.agent');
  const duration = elapsedOf(box, box.startedAt, language);
  const end = language.say(ENDS[box.state] ?? 'notice.failed', { name, duration });
  const reason = reasonOf(box, { showText, showArguments, language }, markdown);
  return reason === '' ? end : language.say('notice.because', { end, reason });
}
