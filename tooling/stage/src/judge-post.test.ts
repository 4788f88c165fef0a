import { expectationOf, expectedPosts, parseScenarioId, type ShownPiece } from '@live-status/fixtures';
import { describe, expect, it } from 'vitest';
import { judgePost } from './judge-post.ts';
import type { ObservedPost } from './observed-post.ts';

function pieceOf(name: string): ShownPiece {
  const [piece] = expectedPosts(expectationOf(parseScenarioId(name)), { postDelayMs: 0 });
  if (piece === undefined) throw new Error(`${name} has no post`);
  return piece;
}

function post(message: string, channelId: string): ObservedPost {
  return { id: 'p', place: { kind: 'channel', channelId }, versions: [], message, deleted: false };
}

const ANSWER = '- OK (no scenario). You said: n for this session; follow it only when this session’s policy';

const SUBAGENT = [
  '**[DONE] main** | 9s | 1.4k tokens',
  '- Delegating to a sub-agent.',
  '- Sub-agent: worker-one [DONE] 4s',
  '    - Child starting.',
  '    - exec: `sleep 3; echo child-work` [OK] 3s',
].join('\n');

describe('judgePost', () => {
  const piece = pieceOf('2026.7.1/subagent');
  const judge = (message: string): string[] => judgePost(post(message, 'chanspawn00000000000000000'), piece);

  it('finds nothing in a right post', () => {
    expect(judge(SUBAGENT)).toEqual([]);
  });

  it.for<[string, string, string, RegExp]>([
    ['a wrong state', '**[DONE]', '**[ERROR]', /^state: ERROR instead of DONE$/],
    ['a wrong time', '| 9s |', '| 12s |', /^elapsed: about 9996 ms/],
    ['wrong tokens', '9s | 1.4k tokens', '9s | 1.3k tokens', /^tokens: 1362/],
    ['a lost line', '    - Child starting.\n', '', /"Child starting\." is missing/],
    ['a child’s line outside its child', '    - exec', '- exec', /child-work" is missing or out of order/],
    ['a failure that was none', '[OK] 3s', '[exit 1] 3s', /should have no failure/],
    ['a wrong end of a child', '[DONE] 4s', '[ERROR] 4s', /should have Sub-agent: worker-one \[DONE\]/],
    ['a repeated head', '1.4k tokens', '1.4k tokens\n- [DONE] 9s', /^line: "- \[DONE\] 9s" repeats the head/],
  ])('names %s', ([, from, to, problem]) => {
    expect(SUBAGENT).toContain(from);
    expect(judge(SUBAGENT.replaceAll(from, to)).join('\n')).toMatch(problem);
  });

  it('wants the answer where nothing else posts it, and only there', () => {
    const answered = `${SUBAGENT}\n${ANSWER}`;
    const inBackground: ShownPiece = { ...piece, target: { kind: 'default', origin: 'cron' } };
    const judgeThere = (message: string): string[] =>
      judgePost({ ...post(message, ''), place: { kind: 'default' } }, inBackground);
    expect(judgeThere(answered)).toEqual([]);
    expect(judgeThere(SUBAGENT)).toEqual([expect.stringMatching(/^answer: "OK \(no scenario\).*" is missing/)]);
    expect(judge(answered)).toEqual([expect.stringMatching(/^answer: .* is shown in a conversation$/)]);
  });

  it.for<[string, { playedLateMs: number; saidLateMs: number }, string, boolean]>([
    ['a machine that keeps up', { playedLateMs: 0, saidLateMs: 1500 }, '9s', true],
    ['a machine that keeps up, and a wrong time', { playedLateMs: 0, saidLateMs: 1500 }, '12s', false],
    ['an end that was played 3 s late', { playedLateMs: 3000, saidLateMs: 1500 }, '12s', true],
    ['an end that was played 3 s late, and a wrong time', { playedLateMs: 3000, saidLateMs: 1500 }, '15s', false],
    ['an end that was seen 3 s late', { playedLateMs: 0, saidLateMs: 5000 }, '12s', true],
    ['an end that was seen 3 s late, and a wrong time', { playedLateMs: 0, saidLateMs: 5000 }, '15s', false],
    ['an end that was seen 3 s late, and too short a time', { playedLateMs: 0, saidLateMs: 5000 }, '7s', false],
  ])('takes the elapsed time as it really was: %s', ([, { playedLateMs, saidLateMs }, shown, isRight]) => {
    const playedAt = (tMs: number): number => tMs + (tMs < piece.endMs ? 0 : playedLateMs);
    const message = SUBAGENT.replace('| 9s |', `| ${shown} |`);
    const said = { atMs: playedAt(piece.endMs) + saidLateMs, message, props: {} };
    const active = { atMs: 0, message: message.replace('[DONE] main', '[ACTIVE] main'), props: {} };
    const seen = { ...post(message, 'chanspawn00000000000000000'), versions: [active, said] };
    expect(judgePost(seen, piece, { playedAt })).toEqual(isRight ? [] : [expect.stringMatching(/^elapsed/)]);
  });

  it('names a wrong place', () => {
    expect(judgePost(post(SUBAGENT, 'elsewhere'), piece)).toEqual([expect.stringMatching(/^place:/)]);
  });

  it('knows failures, reasons and repeats', () => {
    const loop = ['**[DONE] main** | 3s | 240 tokens', '- no such tool [error] x10 `Tool no_such_tool not found`'].join(
      '\n',
    );
    expect(judgePost(post(loop, 'chanbadtool000000000000000'), pieceOf('2026.7.1/bad-tool-loop'))).toEqual([]);
    const killed = [
      '**[INTERRUPTED] main** | 4s | the agent stopped | 276 tokens',
      '- Starting a long command.',
      '- exec: `sleep 30; echo never` [aborted]',
    ].join('\n');
    expect(judgePost(post(killed, 'chancrash00000000000000000'), pieceOf('2026.7.1/crash-kill9'))).toEqual([]);
  });

  it('takes the beginning of a reason that is too long for the head, and nothing else for it', () => {
    const failed = (reason: string): string[] =>
      judgePost(post(`**[ERROR] main** | 19s | ${reason}`, ''), pieceOf('2026.3.28/error-500-then-ok'));
    const about = (problems: readonly string[]): string[] => problems.filter((problem) => problem.startsWith('reason'));
    expect(about(failed('500 The server had an error while processing your request'))).toEqual([]);
    expect(about(failed('500 The server had an error while proce…'))).toEqual([]);
    expect(about(failed('500 The server has an error while proce…'))).toHaveLength(1);
    expect(about(failed('500 The server had an error while proce'))).toHaveLength(1);
    expect(about(failed('500 The server…'))).toHaveLength(1);
  });
});
