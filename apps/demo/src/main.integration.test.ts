import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let home: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'demo-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

/** Runs the program as `npm start` does, with a home directory of its own. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const process_ = spawn(process.execPath, ['--conditions=@live-status/source', MAIN, ...args], {
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = process_;
  let output = '';
  for (const stream of [process_.stdout, process_.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(output);
      if (found !== null) return found;
      await once(process_.stdout, 'data');
    }
  };
  const ended = once(process_, 'close').then(([code]) => ({ code: code as number, output }));
  return { process: process_, until, ended };
}

describe('npm start', () => {
  it.each([
    ['with nothing configured', [], {}],
    ['with --demo, whatever is configured', ['--demo'], { MM_URL: 'http://127.0.0.1:1', MM_TOKEN: 'token' }],
  ])(
    '%s, shows the story, says where to see it and how to go on, and ends when it is told to',
    async (_, args, env) => {
      const { process: program, until, ended } = start(args, env);
      const [, url] = await until(/See it here +(http:\/\/127\.0\.0\.1:\d+)\/#shop-team\n/);
      await until(/install it beside OpenClaw: bash install\.sh/);
      const [, head] = await until(/Shop team: (\[ACTIVE\].*)\n/);
      const state = (await (await fetch(`${url}/sim/api/state`)).json()) as { posts: { message: string }[] };
      expect(state.posts[0]?.message).toContain('This is a demo of Live Status.');
      expect(head).toContain('developer');
      program.kill('SIGINT');
      expect(await ended).toMatchObject({ code: 0, output: expect.stringMatching(/Stopped\.\n$/) });
      // Nothing is left behind.
      expect(readdirSync(home)).toEqual([]);
    },
  );

  it.each([
    [['--scene', '3'], 'There is no scene 3. Give one from 1 to 2.'],
    [['--demo', '--once'], 'The story is not a recording'],
  ])('refuses %j', async (args, message) => {
    const { code, output } = await start(args).ended;
    expect(code).toBe(2);
    expect(output).toContain(message);
  });
});
