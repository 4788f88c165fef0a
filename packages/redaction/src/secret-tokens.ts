import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { type Finder, matchesOf } from './finder.ts';
import { findRandomKeys } from './random-key.ts';
import type { Range } from './range.ts';

/**
 * secretlint rules that are not run: they report more than the secret (the whole assignment, URL or file; `secret-places.ts`
 * masks these and keeps what is around them), read files, or let a comment in the text switch off the other rules.
 */
const NOT_RUN = /-rule-(?:aws|gcp|privatekey|basicauth|database-connection-string|filter-comments|slack)$/;

interface Found {
  readonly range: readonly [number, number];
}

interface Rule {
  readonly meta: { readonly id: string };
  create(context: unknown, options: unknown): { file?(source: unknown): unknown };
}

/** What the recommended secretlint rules find in a text. The engine is asynchronous; the rules are not. */
function createTokenFinder(): (content: string) => Range[] {
  let found: Range[] = [];
  const context = {
    sharedOptions: {},
    createTranslator: () => () => ({ messageId: '', message: '' }),
    ignore: () => undefined,
    report: ({ range }: Found) => found.push({ start: range[0], end: range[1] }),
  };
  const finders = (rules as readonly Rule[])
    .filter((rule) => !NOT_RUN.test(rule.meta.id))
    .map((rule) => rule.create(context, {}));
  return (content) => {
    found = [];
    for (const finder of finders) {
      finder.file?.({ filePath: '', content, contentType: 'text', ext: '', hasBOM: false });
    }
    return found;
  };
}

const findKnownTokens = createTokenFinder();

/**
 * Shapes that the rule set does not know, or reports with too much around them. Each starts at the beginning of a run of
 * its own characters and never backtracks, so matching stays linear.
 */
const SHAPES: readonly RegExp[] = [
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*/g, // JSON web token or encryption
  /(?<![\w-])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])/g, // AWS key id
  /(?<![\w-])AIza[\w-]{35}/g, // Google API key
  /(?<![\w-])ya29\.[\w-]{20,}/g, // Google OAuth access token
  /(?<![\w-])GOCSPX-[\w-]{20,}/g, // Google OAuth client secret
  /(?<![\w-])xox[a-z](?:\.xox[a-z])?-[\w-]{10,}/g, // Slack
  /(?<![\w-])xapp-\d-[\w-]{10,}/g,
  /(?<=hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{10,}/g,
  /(?<=discord(?:app)?\.com\/api\/webhooks\/\d{1,20}\/)[\w-]{20,}/g,
  /(?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}/g, // Discord bot
  /(?<=(?:^|[^\w-])(?:bot)?)\d{8,10}:AA[\w-]{32,}/g, // Telegram bot
  /(?<=\/bot)\d{8,10}:[\w-]{32,}/g,
  /(?<=\/hooks\/)[a-z0-9]{26}(?![\w-])/g, // Mattermost, incoming webhook
  /(?<=\/IncomingWebhook\/)[a-f0-9]{32}/g, // Teams
  /(?<![\w-])EAA[A-Za-z0-9]{40,}/g, // Facebook
  /(?<![\w-])gl[a-z]{2,5}-[\w-]{20,}/g, // GitLab
  /(?<![\w-])AT[AC]TT3x[\w=-]{40,}/g, // Atlassian
  /(?<![\w-])AKCp\d[A-Za-z0-9]{50,}/g, // Artifactory
  /(?<![\w-])dt0[cs]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{40,}/g, // Dynatrace
  /(?<![\w-])EZ[AT]K[A-Za-z0-9]{50,}/g, // EasyPost
  /(?<![\w-])BSA[A-Za-z0-9_-]{26,30}(?![\w-])/g, // Brave
  /(?<![\w-])pul-[a-f0-9]{40}(?![\w-])/g, // Pulumi
  /(?<![\w-])bce-v3\/ALTAK-[A-Za-z0-9]{10,}\/[a-f0-9]{40}/g, // Baidu
  /(?<![\w-])tgp_v1_[\w-]{40,}/g, // Together
  /(?<![\w-])csk-[a-z0-9]{40,}(?![\w-])/g, // Cerebras
  /(?<![\w-])[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}/g, // Terraform Cloud
  /(?<![\w-])v1\.0-[a-f0-9]{24}-[a-f0-9]{80,}/g, // Cloudflare origin
  /(?<![\w-])hf_[A-Za-z0-9]{30,}/g, // Hugging Face
  /(?<![\w-])(?:gsk|xai|pplx|r8|fal|tvly)[-_][A-Za-z0-9]{24,}/g, // model and search providers
  /(?<![\w-])(?:rk|whsec|sk)_(?:live_|test_)?[A-Za-z0-9]{16,}/g, // Stripe
  /(?<![\w-])pypi-[\w-]{40,}/g,
  /(?<![\w-])do[opr]_v1_[a-f0-9]{40,}/g, // DigitalOcean
  /(?<![\w-])sntry[su]_[\w=+/-]{30,}/g, // Sentry
  /(?<![\w-])rubygems_[a-f0-9]{40,}/g,
  /(?<![\w-])sq0(?:atp|csp)-[\w-]{20,}/g, // Square
  /(?<![\w-])SK[a-f0-9]{32}(?![a-f0-9])/g, // Twilio
  /(?<![\w-])key-[a-f0-9]{32}(?![a-f0-9])/g, // Mailgun
  /(?<![\w-])AGE-SECRET-KEY-1[A-Z0-9]{50,}/g,
  /(?<![\w-])(?:PMAK|dapi|dp\.(?:pt|st|ct))[-.]?[A-Za-z0-9._-]{30,}/g, // Postman, Databricks, Doppler
];

/** Keys that many model providers start with `sk-`: distinguished from words (`sk-toggleable__label`) by their digits. */
const SK_KEY = /(?<![\w-])sk-[\w-]{20,}/g;

function isSkKey(token: string): boolean {
  return /\d/.test(token) && (/[A-Z]/.test(token) || /[a-f0-9]{24}/.test(token));
}

/** Characters of tokens, by their code. */
const TOKEN_CHARACTER: Uint8Array = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) TOKEN_CHARACTER[code] = /[\w.-]/.test(String.fromCharCode(code)) ? 1 : 0;
/** Shortest run of its characters in any token (`xoxb-` and ten more); most commands contain none. */
const SHORTEST_RUN = 15;
/** The parts of a Slack webhook may be shorter. */
const IN_PARTS = 'hooks.slack.com/';

/** A loop, because `/[\w.-]{16}/` starts over at each character. */
function hasLongRun(text: string): boolean {
  let run = 0;
  for (let at = 0; at < text.length; at += 1) {
    run = TOKEN_CHARACTER[text.charCodeAt(at)] === 1 ? run + 1 : 0;
    if (run === SHORTEST_RUN) return true;
  }
  return false;
}

/** Secrets recognized by their own shape, wherever they are. */
export const TOKENS: readonly Finder[] = [
  { may: (text) => hasLongRun(text) || text.includes(IN_PARTS), find: findTokens },
];

function findTokens(text: string): Range[] {
  const found = findKnownTokens(text);
  for (const shape of SHAPES) {
    for (const match of matchesOf(text, shape)) found.push({ start: match.index, end: match.index + match[0].length });
  }
  found.push(...findRandomKeys(text));
  for (const match of matchesOf(text, SK_KEY)) {
    if (isSkKey(match[0])) found.push({ start: match.index, end: match.index + match[0].length });
  }
  return found;
}
