import { closeSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogFile, readLogFrom } from './log-file.ts';
import { readableLines } from './log-lines.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-log-'));
  path = join(directory, 'daemon.log');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What a process writes between a start and its end. */
function log(text: string): number {
  const { fd, startBytes } = openLogFile(path, { maxBytes: 10 });
  writeSync(fd, text);
  closeSync(fd);
  return startBytes;
}

describe('openLogFile', () => {
  it('appends to a file of its user while that is small', () => {
    expect(log('one\n')).toBe(0);
    expect(log('two\n')).toBe(4);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps three files, the oldest goes', () => {
    for (const text of ['first-----', 'second----', 'third-----', 'fourth----']) log(text);
    const content = (file: string): string => readFileSync(join(directory, file), 'utf8');
    expect(readdirSync(directory).sort()).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2']);
    expect(['daemon.log', 'daemon.log.1', 'daemon.log.2'].map(content)).toEqual([
      'fourth----',
      'third-----',
      'second----',
    ]);
  });

  it('keeps the newest part of a file that outgrew its size between two starts', () => {
    writeFileSync(path, `${'x'.repeat(30)}0123456789`);
    log('next');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('0123456789');
  });
});

describe('readLogFrom', () => {
  it('gives what was written since a start, at most the end of it', () => {
    log('old');
    const start = log('new text');
    expect(readLogFrom(path, start)).toBe('new text');
    expect(readLogFrom(path, start, 4)).toBe('text');
    expect(readLogFrom(join(directory, 'none'), 0)).toBe('');
  });
});

describe('readableLines', () => {
  it('shows messages, errors and cures of JSON lines and other lines as they are', () => {
    const lines = ['{"msg":"failed","err":{"message":"no disk"}}', 'plain', '', '{"msg":"m","cure":"c"}', '{"x":1}'];
    expect(readableLines(lines.join('\n'))).toEqual(['failed: no disk', 'plain', 'm: c', '{"x":1}']);
  });

  it('shows the last ten lines', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    expect(readableLines(lines.join('\n'))).toEqual(lines.slice(2));
  });
});
