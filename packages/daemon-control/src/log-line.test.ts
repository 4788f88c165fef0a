import { describe, expect, it } from 'vitest';
import { readLogLine } from './log-line.ts';

describe('readLogLine', () => {
  it.for([
    ['words', { level: 'warn', time: '2026-11-30T15:37:15.123Z' }],
    ['numbers', { level: 40, time: Date.UTC(2026, 10, 30, 15, 37, 15, 123) }],
  ] as const)('reads level and time as %s', ([, spelled]) => {
    const line = { ...spelled, name: 'live-status', port: 9090, host: '::1', warning: 'w', msg: 'm', fix: 'f' };
    expect(readLogLine(JSON.stringify({ ...line, err: { message: 'e', stack: 's' } }))).toEqual({
      level: 'warn',
      at: Date.UTC(2026, 10, 30, 15, 37, 15, 123),
      message: 'm: w: e: f',
      fields: 'port=9090 host=::1',
    });
  });

  it('gives any other line as it is', () => {
    for (const text of ['    at main.js:7', '{"broken', '[]', '7', '{"x":1}']) {
      expect(readLogLine(text)).toMatchObject({ message: text, fields: '' });
    }
    expect(readLogLine('{"level":"loud","time":"yesterday","msg":"m"}')).toEqual({ message: 'm', fields: '' });
  });

  it('lets nothing control the terminal or begin a line of its own', () => {
    const text = 'a\u001b[31mb\nc\u0007\u2028d\u009be';
    const { message, fields } = readLogLine(JSON.stringify({ msg: text, why: text }));
    expect(message).toBe('ab c d e');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question
    expect(fields).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/);
  });
});
