import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Box, Line } from '@live-status/session-state';
import { launchChromium, NO_CHROMIUM } from '@live-status/simulators/chromium';
import { createLabels, createLanguage, LANGUAGES, type RenderOptions, renderBox } from '@live-status/status-render';
import { drawPost } from './draw-post.ts';
import { command, exampleBox, runningSince, START, tool } from './example-box.ts';

const MINUTE = 60_000;

const plan = Array.from({ length: 9 }, (_, at) => ({
  text: `Step ${at + 1} of the migration`,
  status: at < 3 ? ('done' as const) : at === 3 ? ('current' as const) : ('open' as const),
}));
const child = { kind: 'child', startedAt: START, earlierLines: 0, thinking: false } as const;
const tokens = { input: 12_400, output: 0, cacheRead: 0, cacheWrite: 0, costUsd: 0.08 };
const work: Line[] = [
  ...Array.from({ length: 30 }, (_, at) => command(`grep -rn "createServer${at}" packages/*/src`)),
  { kind: 'compaction', id: 'compaction' },
  tool('memory_search', { query: 'release checklist' }),
  { ...child, id: 'a', label: 'reviewer', state: 'interrupted', reason: 'the agent stopped', lines: [] },
  { kind: 'model', id: 'model', reason: 'connection lost', failures: 4 },
];

/** As high as a post may get, and the longest sentences of heads. */
const BOXES: Readonly<Record<string, Partial<Box>>> = {
  longest: {
    title: 'research-agent',
    state: 'waiting',
    earlierLines: 12,
    plan,
    trouble: { kind: 'retry', reason: 'context too large', attempt: 3, retryAt: START + 196_000 },
    lines: [
      ...work,
      {
        ...child,
        id: 'b',
        label: 'planner',
        state: 'active',
        lines: [tool('read', { path: 'protocol.md' }), command('npm ci', runningSince(20_000))],
      },
      command('rm -rf build', {
        ...runningSince(11_500),
        approval: { approvalId: '24510235-574f', since: START + 12_000, until: START + 30 * MINUTE },
      }),
    ],
  },
  interrupted: {
    state: 'interrupted',
    endedAt: START + 62_000,
    reason: 'status updates stopped, the agent may still be working',
    tokens,
    lines: work,
  },
  timeout: { state: 'timeout', endedAt: START + 30 * MINUTE, tokens, lines: work },
  background: { state: 'done', endedAt: START + 53_000, tokens, filesChanged: 3, inBackground: 1, lines: work },
};

/** Draws these posts in every language, or in the ones that are named, into a new folder, and says how high each is. */
async function drawLanguages(codes: readonly string[]): Promise<void> {
  const browser = await launchChromium();
  if (browser === undefined) throw new Error(NO_CHROMIUM);
  const folder = mkdtempSync(join(tmpdir(), 'live-status-languages-'));
  for (const code of codes) {
    const language = createLanguage(code);
    const words = { language, labels: createLabels(undefined, language) };
    for (const [name, box] of Object.entries(BOXES)) {
      const { picture, heightPx } = await drawPost(browser, textOf(box, words));
      const file = join(folder, `${code}-${name}.png`);
      writeFileSync(file, picture);
      process.stdout.write(`${file}: ${heightPx} px\n`);
    }
  }
  await browser.close();
}

function textOf(fields: Partial<Box>, words: Pick<RenderOptions, 'labels' | 'language'>): string {
  return renderBox(exampleBox(fields), { nowMs: START + 190_000, botName: 'openclaw', canAnswerHere: true, ...words })
    .message;
}

const [, , ...named] = process.argv;
await drawLanguages(named.length === 0 ? LANGUAGES : named);
