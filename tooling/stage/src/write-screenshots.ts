import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Box, ChildLine, Line, PlanStep, ToolLine } from '@live-status/session-state';
import { launchChromium, NO_CHROMIUM } from '@live-status/simulators/chromium';
import { createSimulator } from '@live-status/simulators/mattermost';
import { createLabels, type RenderOptions, renderBox } from '@live-status/status-render';

/** A state of a post as the README shows it. */
interface Picture {
  readonly box: Partial<Box>;
  readonly options?: Partial<RenderOptions>;
}

const START = 1_800_000_000_000;
const MINUTE = 60_000;
const FOLDER = fileURLToPath(new URL('../../../docs/screenshots', import.meta.url));

const tokens = { input: 9000, output: 3000, cacheRead: 80_000, cacheWrite: 400 };
const ended = (state: Box['state'], afterMs = 53_000): Partial<Box> => ({ state, endedAt: START + afterMs, tokens });

function tool(name: string, args: unknown, fields: Partial<ToolLine> = {}): ToolLine {
  return { kind: 'tool', id: `call_${name}`, tool: name, args, state: 'ok', startedAt: START, count: 1, ...fields };
}

function command(text: string, fields: Partial<ToolLine> = {}): ToolLine {
  return tool('exec', { command: text }, fields);
}

function child(label: string, fields: Partial<ChildLine>): ChildLine {
  return {
    kind: 'child',
    id: label,
    label,
    state: 'active',
    startedAt: START,
    earlierLines: 0,
    lines: [],
    thinking: false,
    ...fields,
  };
}

const running = (afterMs: number): Partial<ToolLine> => ({ state: 'running', startedAt: START + afterMs });
const step = (text: string, status: PlanStep['status']): PlanStep => ({ text, status });
const plan = [step('Read the code', 'done'), step('Run the tests', 'current'), step('Write the fix', 'open')];
const lint = command('npm run lint', { state: 'error', exitCode: 1, durationMs: 3210 });
const longWork: Line[] = Array.from({ length: 30 }, (_, at) =>
  command(`grep -rn "createServer${at}" packages/*/src | sort | uniq -c`, { durationMs: 2000 }),
);

/** Each picture by the name of its file. */
const PICTURES: Readonly<Record<string, Picture>> = {
  working: {
    box: {
      plan,
      lines: [
        lint,
        child('proj035-planner', {
          state: 'done',
          endedAt: START + 28_400,
          lines: [tool('read', { path: 'protocol.md' })],
        }),
        command('npm test', running(26_000)),
      ],
    },
  },
  approval: {
    box: {
      state: 'waiting',
      lines: [
        command('rm -rf build', {
          ...running(11_500),
          approval: {
            approvalId: '24510235-574f-49cd-94d1-6c027bae5490',
            since: START + 12_000,
            until: START + 12_000 + 30 * MINUTE,
          },
        }),
      ],
    },
    options: { nowMs: START + 190_000, botName: 'openclaw', canAnswerHere: true },
  },
  question: {
    box: {
      state: 'waiting',
      lines: [
        tool('ask_user', undefined, {
          ...running(1000),
          question: {
            asks: [{ text: 'Where shall I deploy?', options: ['Staging', 'Production'] }],
            secret: false,
            until: START + 2 * MINUTE,
          },
        }),
      ],
    },
  },
  retry: {
    box: {
      thinking: true,
      lines: [tool('read', { path: 'a.md' })],
      trouble: { kind: 'retry', reason: 'server error', attempt: 3, retryAt: START + 44_000 },
    },
  },
  fallback: {
    box: {
      model: 'gpt-5-mini',
      lines: [
        tool('read', { path: 'protocol.md' }),
        { kind: 'model', id: 'model', reason: 'rate limit', failures: 4, fallback: 'gpt-5-mini' },
        command('npm test', running(26_000)),
      ],
    },
  },
  compacting: { box: { trouble: { kind: 'compacting' }, lines: [command('seq 1 900', { durationMs: 1200 })] } },
  background: {
    box: { ...ended('done'), inBackground: 1, lines: [command('npm run dev', { state: 'background' })] },
  },
  done: {
    box: { ...ended('done'), filesChanged: 3, lines: [lint, command('npm test', { durationMs: 27_000 })] },
  },
  error: {
    box: {
      ...ended('error', 12_000),
      reason: '500 The server had an error while processing your request',
      lines: [command('npm test', { durationMs: 2000 })],
    },
  },
  aborted: { box: { ...ended('aborted', 20_000), lines: [command('sleep 300', { state: 'aborted' })] } },
  interrupted: {
    box: {
      ...ended('interrupted', 62_000),
      reason: 'status updates stopped, the agent may still be working',
      lines: [command('npm test', { state: 'aborted' })],
    },
  },
  timeout: {
    box: {
      ...ended('timeout', 30 * MINUTE),
      lines: [command('npm ci', { durationMs: 41_000 }), command('npm run soak-test', running(60_000))],
    },
  },
  unreachable: {
    box: {
      reason: 'gateway unreachable',
      lines: [command('npm ci', { durationMs: 12_000 }), command('npm test', running(14_000))],
    },
  },
  long: { box: { title: 'research-agent', plan, lines: [...longWork, command('npm run build', running(20_000))] } },
  hebrew: { box: { title: 'סוכן המחקר', lines: [command('echo שלום עולם', running(20_000))] } },
};

/** Draws each picture on the phone of the simulator's page, writes it and says how high the post is. */
async function writeScreenshots(): Promise<void> {
  const browser = await launchChromium();
  if (browser === undefined) throw new Error(NO_CHROMIUM);
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, { box, options }] of Object.entries(PICTURES)) {
    const simulator = await createSimulator();
    const message = textOf(box, options);
    await fetch(`${simulator.url}/api/v4/posts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${simulator.bot.token}` },
      body: JSON.stringify({ channel_id: simulator.channel.id, message, type: 'custom_live_status' }),
    });
    const page = await browser.newPage({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
    await page.goto(simulator.url);
    const post = page.locator('.phone .post').last();
    await post.waitFor();
    const file = join(FOLDER, `${name}.png`);
    await post.screenshot({ path: file });
    const heightPx = Math.round((await post.boundingBox())?.height ?? 0);
    process.stdout.write(`${name}: ${heightPx} px\n`);
    await page.close();
    await simulator.close();
  }
  await browser.close();
}

function textOf(fields: Partial<Box>, options: Partial<RenderOptions> = {}): string {
  const box: Box = {
    boxId: 'box',
    title: 'main',
    state: 'active',
    startedAt: START,
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    earlierLines: 0,
    lines: [],
    thinking: false,
    ...fields,
  };
  return renderBox(box, { nowMs: START + 38_000, style: 'list', labels: createLabels(), ...options }).message;
}

await writeScreenshots();
