import { describe, expect, it } from 'vitest';
import { effectsOf } from './message-effects.ts';

describe('effectsOf', () => {
  it.each([
    ['ask @all now', 'mention: @all'],
    ['**ask @bob**', 'mention: @bob'],
    ['see ~town-square', 'channel: ~town-square'],
    ['- about #tag', 'hashtag: #tag'],
    ['write to a@b.co', 'link: a@b.co'],
    ['see https://x.example/y', 'link: https://x.example/y'],
    ['[words](http://x.example)', 'link: [words](http://x.example)'],
    ['![words](http://x.example/i.png)', 'image: ![words](http://x.example/i.png)'],
    ['# Title', 'heading: # Title'],
    ['> quoted', 'blockquote: > quoted'],
    ['- [ ] to do', 'task: - [ ] to do'],
    ['<b>x</b>', 'html: <b>'],
    ['so $x^2$ is', 'formula: so $x^2$ is'],
    ['good :smile:', 'emoji: :smile:'],
  ])('%s', (message, effect) => {
    expect(effectsOf(message)).toContain(effect);
  });

  it.each([
    '**[DONE] main** | 53s | 12.4k tokens',
    '- exec: `ask @all at http://x.example #tag` [OK]\n    - Reading `~/.bashrc`',
    'head\n```\n@all # ~town-square ![x](http://y)\n```',
    'ask @\u200ball, 3 * 4, a_b_c',
  ])('nothing: %s', (message) => {
    expect(effectsOf(message)).toEqual([]);
  });
});
