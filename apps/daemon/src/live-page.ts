import { readFileSync } from 'node:fs';
import type { PosterStatus } from '@live-status/mm-poster';
import type { Clock } from '@live-status/resilience';
import { isOngoing } from '@live-status/session-state';
import { escapeHtml, type PostWords, renderLines, toHtml } from '@live-status/status-render';
import type { HealthReport } from './health.ts';
import type { LiveBox } from './live-feed.ts';

/** Only what comes from this server: no inline styles or scripts, no images, nothing from elsewhere. */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The files of the page besides the page itself, by path, with their types. */
export const PAGE_FILES = {
  '/page.css': 'text/css; charset=utf-8',
  '/page.js': 'text/javascript; charset=utf-8',
} as const;

/** Reads one of them. */
export function readPageFile(path: keyof typeof PAGE_FILES): string {
  return readFileSync(new URL(`../page${path}`, import.meta.url), 'utf8');
}

/** Puts boxes into HTML, as of now on the clock. */
export function boxToHtml(words: PostWords, clock: Clock): (box: LiveBox) => string {
  const lang = ` lang="${escapeHtml(words.language.locale)}"`;
  return ({ boxId, sessionKey, postUrl, box }) => {
    const shown = toHtml(renderLines(box, { nowMs: clock.now(), ...words }));
    const [head = '', lines = ''] = shown.split(/(?=<ul)/);
    const link = postUrl === undefined ? '' : `<a href="${escapeHtml(postUrl)}" rel="noreferrer">Open post</a>`;
    return (
      `<details class="box" id="box-${escapeHtml(boxId)}" data-state="${box.state}"${isOngoing(box.state) ? ' open' : ''}>` +
      `<summary${lang}>${head}</summary>${lines.replace('<ul', `<ul${lang}`)}<p class="about"><span>${escapeHtml(sessionKey)}</span>${link}</p></details>`
    );
  };
}

/** The page as it is now, with boxes as HTML. Its script keeps it up to date; without scripts it loads itself again. Everything in it is escaped. */
export function renderPage(report: HealthReport, boxes: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Live Status</title>
<link rel="stylesheet" href="/page.css">
<noscript><meta http-equiv="refresh" content="5"></noscript>
<script type="module" src="/page.js"></script>
</head>
<body>
<header>
<h1>Live Status <span id="status" data-status="${report.status}">${report.status}</span></h1>
<input id="filter" type="search" placeholder="Filter (press /)" aria-label="Filter work by name or text" hidden>
</header>
<div id="health">${healthToHtml(report)}</div>
<main id="boxes" aria-live="off">${boxes.join('\n')}</main>
<p id="nothing"${boxes.length > 0 ? ' hidden' : ''}>No agent is at work, and nothing ended within the last hour.</p>
<p id="connection" role="status" hidden>Not connected to the daemon. Connecting again ...</p>
</body>
</html>
`;
}

/** What is wrong and what to do, the sources, and how posting stands. */
export function healthToHtml({ reasons, sources, poster, boxes, version, uptimeS }: HealthReport): string {
  const problems = reasons.map(
    ({ what, fix }) => `<li>${escapeHtml(what)}${fix === undefined ? '' : `<br><span>${escapeHtml(fix)}</span>`}</li>`,
  );
  const late = (poster?.heldBack ?? []).map(({ place, message }) => `<li>${escapeHtml(`${place}: ${message}`)}</li>`);
  const facts = [
    ...sources.map(
      ({ name, state, runsSeen }) => `source ${name}: ${state}, ${runsSeen} ${runsSeen === 1 ? 'run' : 'runs'}`,
    ),
    `${boxes.active} active, ${boxes.waiting} waiting for a free post`,
    ...(poster === undefined ? ['nothing is posted'] : postingFacts(poster)),
    `version ${version}, up ${uptimeS} s`,
  ];
  return (
    (problems.length === 0 ? '' : `<ul class="problems">${problems.join('')}</ul>`) +
    (late.length === 0 ? '' : `<details><summary>${late.length} late</summary><ul>${late.join('')}</ul></details>`) +
    `<details class="facts"><summary>Details</summary><ul>${facts.map((fact) => `<li>${escapeHtml(fact)}</li>`).join('')}</ul></details>`
  );
}

function postingFacts({ breaker, edits, queue, rateLimited, retries }: PosterStatus): string[] {
  return [
    `requests to Mattermost: ${breaker.state === 'closed' ? 'allowed' : `stopped (breaker ${breaker.state})`}`,
    `${queue} queued, ${edits} edits, ${retries} retries, ${rateLimited} times limited`,
  ];
}
