import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Box, Line, PlanStep } from '@live-status/session-state';
import { launchChromium, NO_CHROMIUM } from '@live-status/simulators/chromium';
import { createLabels, renderBox } from '@live-status/status-render';
import { drawPost } from './draw-post.ts';
import { command, exampleBox, runningSince, START, tool } from './example-box.ts';

const FOLDER = fileURLToPath(new URL('../../../docs/screenshots', import.meta.url));

const step = (text: string, status: PlanStep['status']): PlanStep => ({ text, status });
const plan = [step('Read the code', 'done'), step('Run the tests', 'current'), step('Write the fix', 'open')];
const longWork: Line[] = Array.from({ length: 30 }, (_, at) =>
  command(`grep -rn "createServer${at}" packages/*/src | sort | uniq -c`, { durationMs: 2000 }),
);

/** What the story of the demo does not show, by the name of the picture's file. */
const PICTURES: Readonly<Record<string, Partial<Box>>> = {
  fallback: {
    model: 'gpt-5-mini',
    lines: [
      tool('read', { path: 'protocol.md' }),
      { kind: 'model', id: 'model', reason: 'rate limit', failures: 4, fallback: 'gpt-5-mini' },
      command('npm test', runningSince(26_000)),
    ],
  },
  compacting: { trouble: { kind: 'compacting' }, lines: [command('seq 1 900', { durationMs: 1200 })] },
  long: { title: 'research-agent', plan, lines: [...longWork, command('npm run build', runningSince(20_000))] },
  hebrew: { title: 'סוכן המחקר', lines: [command('echo שלום עולם', runningSince(20_000))] },
};

/** Draws each picture, writes it and says how high the post is. */
async function writeScreenshots(): Promise<void> {
  const browser = await launchChromium();
  if (browser === undefined) throw new Error(NO_CHROMIUM);
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, box] of Object.entries(PICTURES)) {
    const { picture, heightPx } = await drawPost(browser, textOf(box));
    writeFileSync(join(FOLDER, `${name}.png`), picture);
    process.stdout.write(`${name}: ${heightPx} px\n`);
  }
  await browser.close();
}

function textOf(fields: Partial<Box>): string {
  return renderBox(exampleBox(fields), { nowMs: START + 38_000, style: 'list', labels: createLabels() }).message;
}

await writeScreenshots();
