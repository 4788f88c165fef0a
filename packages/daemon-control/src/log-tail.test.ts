import {
  closeSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_ERROR_BYTES, openErrorFile, readableLines, readLogFrom } from './log-tail.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-log-'));
  path = join(directory, 'daemon.err');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What a process says between a start and its end. */
function say(text: string): void {
  const fd = openErrorFile(path);
  writeSync(fd, text);
  closeSync(fd);
}

describe('openErrorFile', () => {
  it('appends to a file of its user', () => {
    say('one\n');
    say('two\n');
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('sets a full one aside', () => {
    say('old');
    truncateSync(path, MAX_ERROR_BYTES);
    say('new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(`${path}.1`).size).toBe(MAX_ERROR_BYTES);
  });
});

describe('readLogFrom', () => {
  it('gives what was written since a start, at most the end of it', () => {
    writeFileSync(path, 'oldnew text');
    expect(readLogFrom(path, 3)).toBe('new text');
    expect(readLogFrom(path, 3, 4)).toBe('text');
    expect(readLogFrom(join(directory, 'none'), 0)).toBe('');
  });

  it('gives all of a file that took the place of a longer one', () => {
    writeFileSync(path, 'new');
    expect(readLogFrom(path, 100)).toBe('new');
  });
});

describe('readableLines', () => {
  it('shows messages, errors and fixes of JSON lines and other lines as they are', () => {
    const lines = ['{"msg":"failed","err":{"message":"no disk"}}', 'plain', '', '{"msg":"m","fix":"c"}', '{"x":1}'];
    expect(readableLines(lines.join('\n'))).toEqual(['failed: no disk', 'plain', 'm: c', '{"x":1}']);
  });

  it('shows the last ten lines', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    expect(readableLines(lines.join('\n'))).toEqual(lines.slice(2));
  });
});
