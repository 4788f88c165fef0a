import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { channelSession, createScriptedAgent } from '@live-status/simulators/openclaw-files';
import { DaemonStage, type DaemonStageOptions, usageOf } from '@live-status/stage';

/** How large the inputs are. */
export interface LargeSizes {
  /** Bytes of the longest line of a transcript, and of an answer of Mattermost. */
  readonly bytes: number;
  /** Calls of one run. */
  readonly calls: number;
  /** Files of the tree. */
  readonly files: number;
  /** Sessions of one catalog, of 10 kB each. */
  readonly sessions: number;
  /** Frames that a gateway sends as fast as it can. */
  readonly frames: number;
}

/** What a daemon made of a large input. */
export interface LargeResult {
  /** The most memory that the daemon had resident, MB. */
  readonly peakMb: number;
  /** The same when it had only started. */
  readonly startMb: number;
  /** From the input until honest work that came after it was shown, seconds. */
  readonly seconds: number;
  /** The last state of the honest work. */
  readonly shown: string;
}

/** An input that is larger than any that OpenClaw or Mattermost make. */
export interface LargeInput {
  readonly name: string;
  /** How large it is in words, for a size. */
  readonly size: (sizes: LargeSizes) => string;
  readonly options?: (sizes: LargeSizes) => Omit<DaemonStageOptions, 'signal'>;
  /** Writes or sends it to a daemon that runs. */
  readonly give?: (stage: DaemonStage, sizes: LargeSizes) => Promise<void>;
}

const CHUNK_BYTES = 1024 * 1024;
const MB = 1024 * 1024;
/** The longest line that is parsed; the client's largest frame. */
const LONGEST_LINE = 16 * MB;
const LARGEST_FRAME = 25 * MB;

/** Every input that is larger than any that OpenClaw or Mattermost make. */
export const LARGE_INPUTS: readonly LargeInput[] = [
  {
    name: 'one line, complete',
    size: ({ bytes }) => `${bytes / MB} MB`,
    give: async (stage, { bytes }) => writeLine(stage, bytes, '"}]}}\n'),
  },
  {
    name: 'one line that never ends',
    size: ({ bytes }) => `${bytes / MB} MB`,
    give: async (stage, { bytes }) => writeLine(stage, bytes, ''),
  },
  {
    name: 'longest lines of nothing but {}',
    size: ({ bytes }) => `${Math.ceil(bytes / LONGEST_LINE / 4)} of 16 MB`,
    give: async (stage, { bytes }) => {
      const session = stage.fileSession().begin('Work');
      const blocks = '{},'.repeat((LONGEST_LINE - 400) / 3).slice(0, -1);
      for (let count = 0; count < bytes / LONGEST_LINE / 4; count += 1) {
        append(session.path, [`${head(`e${count}`)}[${blocks}]}}\n`]);
        await stage.wait(500);
      }
    },
  },
  {
    name: 'long lines of a session that nobody knows',
    size: ({ bytes }) => `${Math.ceil(bytes / LONGEST_LINE)} of 15 MB`,
    give: async (stage, { bytes }) => {
      const path = join(stage.agent.sessionsDir, 'nobody.jsonl');
      const text = 'x'.repeat(15 * MB);
      append(path, [`{"type":"session","version":3,"id":"nobody","timestamp":"${new Date().toISOString()}"}\n`]);
      for (let count = 0; count < bytes / LONGEST_LINE; count += 1)
        append(path, [`${head(`e${count}`)}[{"type":"text","text":"${text}"}]}}\n`]);
    },
  },
  {
    name: 'calls of one run',
    size: ({ calls }) => String(calls),
    give: async (stage, { calls }) => {
      const { path } = stage.fileSession().begin('Work');
      let lines: string[] = [];
      for (let call = 0; call < calls; call += 1) {
        const block = `{"type":"toolCall","id":"c${call}","name":"exec","arguments":{"command":"echo ${call}"}}`;
        lines.push(`${head(`a${call}`)}[${block}],"stopReason":"toolUse"}}\n`);
        // Every other one gets its result.
        if (call % 2 === 0) lines.push(resultLine(call));
        if (lines.length < 10_000) continue;
        append(path, lines);
        lines = [];
      }
      append(path, lines);
    },
  },
  {
    name: 'files of the tree',
    size: ({ files }) => String(files),
    options: ({ files }) => ({
      prepare: ({ agentsDir }) => {
        const dir = join(agentsDir, 'old', 'sessions');
        mkdirSync(dir, { recursive: true });
        const header = '{"type":"session","version":3,"id":"x","timestamp":"2026-01-01T00:00:00.000Z"}\n';
        for (let file = 0; file < files; file += 1) writeFileSync(join(dir, `old-${file}.jsonl`), header);
      },
    }),
  },
  {
    name: 'sessions of one catalog, 10 kB each',
    size: ({ sessions }) => String(sessions),
    give: async (stage, { sessions }) => {
      const dir = join(stage.agentsDir, 'many', 'sessions');
      mkdirSync(dir, { recursive: true });
      const prompt = 'p'.repeat(10_000);
      for (let version = 0; version < 5; version += 1) {
        const entries = Array.from({ length: sessions }, (_, at) => {
          const entry = { sessionId: `s${at}`, status: 'done', updatedAt: version, skillsSnapshot: { prompt } };
          return `${JSON.stringify(`agent:many:mattermost:channel:c${at}`)}:${JSON.stringify(entry)}`;
        });
        writeFileSync(join(dir, 'sessions.json.tmp'), `{${entries.join(',')}}`);
        renameSync(join(dir, 'sessions.json.tmp'), join(dir, 'sessions.json'));
        await stage.wait(300);
      }
    },
  },
  {
    name: 'largest frame: one text',
    size: () => '25 MB, 4 times',
    options: () => ({ followsGateway: true }),
    give: async (stage) => {
      const session = stage.frameSession().begin('Work');
      const text = 'x'.repeat(LARGEST_FRAME - 2_000);
      for (let count = 0; count < 4; count += 1) session.call(`big-${count}`, text);
      await stage.gateway.drained();
    },
  },
  {
    name: 'largest frame: nothing but {}',
    size: () => '24 MB',
    options: () => ({ followsGateway: true }),
    give: async (stage) => {
      const session = stage.frameSession().begin('Work');
      const content = Array.from({ length: (24 * MB) / 3 }, () => ({}));
      session.message({ role: 'assistant', content, stopReason: 'stop' });
      await stage.gateway.drained();
    },
  },
  {
    name: 'frames in a flood',
    size: ({ frames }) => String(frames),
    options: () => ({ followsGateway: true }),
    give: async (stage, { frames }) => {
      for (let frame = 0; frame < frames; frame += 1) {
        // Of a channel whose work is not shown: as many posts would take all free ones.
        const key = `agent:main:telegram:direct:flood${frame % 5_000}`;
        const data = { phase: 'start', name: 'exec', toolCallId: `c${frame}`, args: { command: `echo ${frame}` } };
        stage.gateway.send('agent', { sessionKey: key, runId: `r${frame % 20_000}`, stream: 'tool', data });
        if (frame % 1_000 === 0) await stage.gateway.drained();
      }
      await stage.gateway.drained();
    },
  },
  {
    name: 'an answer of Mattermost',
    size: ({ bytes }) => `${bytes / MB} MB, to everything`,
  },
];

/** Gives one input to a daemon process, then honest work, and waits until that is shown. */
export async function playLargeInput(input: LargeInput, sizes: LargeSizes, signal: AbortSignal): Promise<LargeResult> {
  const isFlood = input.give === undefined && input.options === undefined;
  const flood = isFlood ? await AnswerFlood.open(sizes.bytes) : undefined;
  const options = input.options?.(sizes) ?? {};
  const env = { MAX_ACTIVE_SESSIONS: '5' };
  const opening = DaemonStage.open({
    ...options,
    signal,
    env: (given) => (flood === undefined ? env : { ...env, MM_URL: flood.open(given.simulator.url) }),
  });
  const stage = await opening.catch(async (error: unknown) => {
    await flood?.close();
    throw error;
  });
  try {
    const { pid = 0 } = stage.daemon.current;
    const startMb = await peakMemoryOf(pid);
    const startedAt = performance.now();
    await input.give?.(stage, sizes);
    const channel = stage.channel();
    const honest = channelSession(createScriptedAgent(stage.agentsDir, 'honest'), channel);
    const frames = options.followsGateway === true ? stage.frameSession(channel, 'honest') : undefined;
    const session = frames ?? honest;
    session.begin('Test it').call('c1', 'npm run honest');
    if (flood !== undefined) {
      await flood.until(3);
      flood.isOver = true;
    }
    const shown = (): string => stage.posts().findLast((post) => post.channel_id === channel)?.message ?? '';
    await stage.until(() => /^\*\*\[ACTIVE\] .*npm run honest/.test(shown()));
    session.result('c1').answer('It works.');
    await stage.until(() => shown().startsWith('**[DONE]'));
    const seconds = (performance.now() - startedAt) / 1_000;
    const peakMb = await peakMemoryOf(pid);
    return { startMb, peakMb, seconds, shown: shown().split('\n')[0] ?? '' };
  } catch (cause) {
    const posts = stage.posts().map(({ message }) => message.slice(0, 200));
    const said = stage.daemon.output().trimEnd().split('\n').slice(-SHOWN_LINES);
    throw new Error(
      `Honest work was not shown. Posts: ${JSON.stringify(posts)}. The daemon's log:\n${said.join('\n')}`,
      { cause },
    );
  } finally {
    await stage.close();
    await flood?.close();
  }
}

const SHOWN_LINES = 10;

/** The most memory a process had resident, MB. */
async function peakMemoryOf(pid: number): Promise<number> {
  return Math.round((await usageOf(pid)).peakRssMb);
}

function head(id: string): string {
  return `{"type":"message","id":"${id}","parentId":null,"timestamp":"${new Date().toISOString()}","message":{"role":"assistant","content":`;
}

function resultLine(call: number): string {
  const message = `"role":"toolResult","toolCallId":"c${call}","toolName":"exec","content":[{"type":"text","text":"ok"}],"details":{"status":"completed","exitCode":0},"isError":false,"timestamp":1`;
  return `{"type":"message","id":"r${call}","parentId":null,"timestamp":"${new Date().toISOString()}","message":{${message}}}\n`;
}

async function writeLine(stage: DaemonStage, bytes: number, end: string): Promise<void> {
  const { path } = stage.fileSession().begin('Work');
  const chunk = Buffer.alloc(CHUNK_BYTES, 'x');
  append(path, [`${head('long')}[{"type":"text","text":"`]);
  const fd = openSync(path, 'a');
  for (let written = 0; written < bytes; written += CHUNK_BYTES) writeSync(fd, chunk);
  writeSync(fd, end);
  closeSync(fd);
}

function append(path: string, lines: readonly string[]): void {
  writeFileSync(path, lines.join(''), { flag: 'a' });
}

/** A Mattermost that answers everything with a text that does not end for a long time, until that is over. */
class AnswerFlood {
  isOver = false;
  readonly #server: Server;
  readonly #bytes: number;
  #target = '';
  #answers = 0;

  private constructor(bytes: number) {
    this.#bytes = bytes;
    this.#server = createServer((incoming, response) => {
      if (this.isOver) {
        const { headers, method = 'GET', url = '/' } = incoming;
        const forwarded = request(new URL(url, this.#target), { headers, method }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        incoming.pipe(forwarded);
        return;
      }
      void this.#answer(response);
    });
  }

  static async open(bytes: number): Promise<AnswerFlood> {
    const flood = new AnswerFlood(bytes);
    flood.#server.listen(0, '127.0.0.1');
    await once(flood.#server, 'listening');
    return flood;
  }

  /** Its address; it stands before the server at `target`. */
  open(target: string): string {
    this.#target = target;
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits until it has answered so often, or was cut off. */
  async until(answers: number): Promise<void> {
    while (this.#answers < answers) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(response: import('node:http').ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.on('error', () => {}).setMaxListeners(0);
    response.write('{"id":"');
    const chunk = 'x'.repeat(CHUNK_BYTES);
    for (let sent = 0; sent < this.#bytes && !response.destroyed; sent += CHUNK_BYTES) {
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end('"}');
    this.#answers += 1;
  }
}
