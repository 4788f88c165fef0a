import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretsIn } from '@live-status/simulators/hostile';
import { effectsOf, effectsOnPhone, linksOnPhone } from '@live-status/simulators/mattermost';
import { LANGUAGES } from '@live-status/status-render';
import fc from 'fast-check';
import { expect } from 'vitest';
import { renderPage } from '../live-page.ts';
import { createMetrics } from '../metrics.ts';
import type { World } from './world.ts';

/** What a file outside of the folders that are followed says: it must never be seen anywhere. */
export const OUTSIDE = 'CANARY-OUTSIDE';

/** How a world of hostile input shows its work. */
export interface HostileOptions {
  readonly style: 'list' | 'fence' | 'card';
  readonly language: string;
}

/** Every style and language. */
export const hostileOptions: fc.Arbitrary<HostileOptions> = fc.record({
  style: fc.constantFrom('list' as const, 'fence' as const, 'card' as const),
  language: fc.constantFrom(...LANGUAGES),
});

/** Everything that left the daemon. */
export interface Leaving {
  /** Texts of posts, in every version. */
  readonly posts: readonly string[];
  readonly page: string;
  readonly log: string;
  readonly ledger: string;
  readonly feed: string;
  readonly health: string;
  readonly metrics: string;
}

/** Settings that show as much as can be shown. */
export function hostileEnv({ style, language }: HostileOptions): Record<string, string> {
  return {
    STATUS_STYLE: style,
    STATUS_LANGUAGE: language,
    MAX_ACTIVE_SESSIONS: '1000',
    DEFAULT_CHANNEL: 'default0000000000000000000',
    DEFAULT_CHANNEL_KINDS: 'cron,hook,cli,telegram,webchat',
    BOARD_CHANNEL: 'board000000000000000000000',
    NOTIFY: 'waiting,errors,all',
  };
}

/** A folder of a test, removed with it. */
export class TestFolder implements Disposable {
  readonly path: string = realpathSync(mkdtempSync(join(tmpdir(), 'live-status-hostile-')));

  make(...names: readonly string[]): string {
    const path = join(this.path, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Collects everything that left a daemon so far. */
export async function leavingOf(world: World): Promise<Leaving> {
  const { daemon, ledger, logged, server } = world;
  const boxes = daemon.feed.boxes();
  const report = daemon.report();
  const cards = [...server.posts.values()].flatMap(({ props }) => textsIn(props.attachments));
  return {
    posts: [...server.edits.map(({ message }) => message), ...cards],
    page: renderPage(
      report,
      boxes.map((box) => daemon.feed.toHtml(box)),
    ),
    log: logged.map((line) => JSON.stringify(line)).join('\n'),
    ledger: JSON.stringify(ledger.entries()),
    feed: JSON.stringify(boxes),
    health: JSON.stringify(report),
    metrics: await createMetrics(() => report, daemon.measures).metrics(),
  };
}

/** What the posts of a channel show, oldest first, their attachments included. */
export function postsIn({ server }: World, channelId: string): string[] {
  const posts = [...server.posts.values()].filter((post) => post.channelId === channelId);
  return posts.map(({ message, props }) => [message, ...textsIn(props.attachments)].join('\n'));
}

/** All texts of attachments that clients read as Markdown or show. */
function textsIn(attachments: unknown): string[] {
  if (!Array.isArray(attachments)) return [];
  return attachments.flatMap(({ text, fallback }: { text: string; fallback: string }) => [text, fallback]);
}

const OWN_LINK = /^https:\/\/chat\.example\.com\/_redirect\/pl\/post-\d+$/;
/** A person whom a notice mentions: the name is the server's, of an id that OpenClaw knew. */
const CONFIRMED_MENTION = /@name-of-[a-z0-9]{26}\b/g;
/** `$0.08`, `0,08 $`, `$ 0,08` as a fact of a head: one dollar sign alone starts no formula. */
const COST = /(?<=^\*\*\[[^\n]*\| )(?:\$\s?\d[\d.,\s]*|\d[\d.,\s]*\s\$)(?= \||$)/gm;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066\u2067\u{e0000}-\u{e007f}]/u;
const PAGE_TAGS =
  /^(?:html|head|meta|title|link|noscript|script|body|header|h1|span|input|div|main|details|summary|ul|li|p|code|strong|a|br)$/;
const PAGE_ATTRIBUTES =
  /^(?:lang|charset|name|content|rel|href|http-equiv|type|src|id|class|data-\w+|placeholder|aria-\w+|role|hidden|open)$/;
/** What attributes that load something, or lead somewhere, may say. */
const OWN_ADDRESS = /^(?:\/page\.(?:js|css)|https:\/\/chat\.example\.com\/_redirect\/pl\/post-\d+)$/;

/** Asserts what holds for everything that leaves the daemon, whatever came in. `input`: all that came in, as text. */
export function expectHarmless(leaving: Leaving, input: string): void {
  for (const post of leaving.posts) expectHarmlessPost(post);
  expectOwnMarkup(leaving.page);
  expectNoControl(leaving.page);
  const sinks = Object.entries({ ...leaving, posts: leaving.posts.join('\n') });
  const found = [...secretsIn(input).map((secret) => secret.slice(0, 8)), OUTSIDE].flatMap((piece) =>
    sinks.flatMap(([sink, text]) => (text.includes(piece) ? [`${sink}: ${around(text, piece)}`] : [])),
  );
  expect(found).toEqual([]);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
}

/** Asserts that a post, or the text of an attachment, does nothing but show words, on every client. */
export function expectHarmlessPost(post: string): void {
  expectNoControl(post);
  expect(post.isWellFormed()).toBe(true);
  const text = post.replace(CONFIRMED_MENTION, 'name').replace(COST, '');
  expect(linksOnPhone(text).filter((url) => !OWN_LINK.test(url))).toEqual([]);
  expect(effectsOnPhone(text).filter((effect) => !effect.startsWith('link: '))).toEqual([]);
  expect(
    effectsOf(text).filter(
      (effect) => !/^link: \[.*\]\(https:\/\/chat\.example\.com\/_redirect\/pl\/post-\d+\)$/s.test(effect),
    ),
  ).toEqual([]);
}

function expectNoControl(text: string): void {
  const [found] = CONTROL.exec(text) ?? [];
  expect(found === undefined ? undefined : JSON.stringify(around(text, found))).toBeUndefined();
}

/** A piece of a text, and what is beside it. */
function around(text: string, piece: string): string {
  const at = text.indexOf(piece);
  return text.slice(Math.max(0, at - 120), at + 60);
}

/** Asserts that a page has no other markup than its own: everything else in it is escaped. */
function expectOwnMarkup(page: string): void {
  const texts = page.replace(
    /<!doctype html>|<(\/?[a-z]\w*)((?:\s[\w-]+(?:="[^"<>]*")?)*)>/g,
    (_, name = '', attributes = '') => {
      if (name !== '') expect(name.replace('/', '')).toMatch(PAGE_TAGS);
      for (const [, attribute, value = ''] of String(attributes).matchAll(/\s([\w-]+)(?:="([^"]*)")?/g)) {
        expect(attribute).toMatch(PAGE_ATTRIBUTES);
        if (attribute === 'src' || attribute === 'href') expect(value).toMatch(OWN_ADDRESS);
      }
      return '';
    },
  );
  expect(texts).not.toMatch(/[<>]/);
}
