import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LogDestination, openLogFile } from './log.ts';

const MAX_BYTES = 100;

let directory: string;
let path: string;
let opened: LogDestination[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-status-log-'));
  path = join(directory, 'daemon.log');
  opened = [];
});

afterEach(() => {
  for (const log of opened) log.destroy();
  rmSync(directory, { recursive: true });
});

function open(): LogDestination {
  const log = openLogFile({ path, maxBytes: MAX_BYTES });
  log.on('error', () => undefined);
  opened.push(log);
  return log;
}

/** Lines of ten bytes. */
const line = (number: number): string => `line ${String(number).padStart(4, '0')}\n`;

function write(log: LogDestination, from: number, to: number): void {
  for (let number = from; number <= to; number += 1) log.write(line(number));
}

/** Every line of every file, oldest first. */
function allLines(): readonly string[] {
  const files = readdirSync(directory).sort().reverse();
  return files.flatMap((file) => readFileSync(join(directory, file), 'utf8').split('\n').slice(0, -1));
}

describe('openLogFile', () => {
  it('has written a line when the call returns, for its user alone', () => {
    open().write('hello\n');
    expect(readFileSync(path, 'utf8')).toBe('hello\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps three files, loses no line between them and drops the oldest', () => {
    const log = open();
    write(log, 1, 25);
    expect(readdirSync(directory).sort()).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2']);
    expect(allLines()).toEqual(Array.from({ length: 25 }, (_, index) => line(index + 1).trim()));
    write(log, 26, 95);
    expect(readdirSync(directory)).toHaveLength(3);
    expect(allLines()).toEqual(Array.from({ length: 25 }, (_, index) => line(index + 71).trim()));
    for (const file of readdirSync(directory)) {
      expect(statSync(join(directory, file)).size).toBeLessThanOrEqual(MAX_BYTES);
      expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    }
  });

  it('counts what an earlier process wrote', () => {
    write(open(), 1, 8);
    write(open(), 9, 12);
    expect(readFileSync(`${path}.1`, 'utf8')).toHaveLength(MAX_BYTES);
    expect(allLines()).toHaveLength(12);
  });

  it('leaves a reader of the file that is set aside with all of it', () => {
    const log = open();
    write(log, 1, 5);
    const reader = openSync(path, 'r');
    write(log, 6, 12);
    expect(readFileSync(reader, 'utf8')).toBe(Array.from({ length: 10 }, (_, index) => line(index + 1)).join(''));
    closeSync(reader);
  });

  it('goes on in the same file when that cannot be set aside', () => {
    mkdirSync(join(`${path}.1`, 'in the way'), { recursive: true });
    mkdirSync(join(`${path}.2`, 'in the way'), { recursive: true });
    write(open(), 1, 25);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(26);
  });

  it('says at once that the file cannot be opened', () => {
    path = join(directory, 'none', 'daemon.log');
    expect(open).toThrow('ENOENT');
  });
});
