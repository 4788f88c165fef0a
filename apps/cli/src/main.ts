#!/usr/bin/env node
import { exitWithReader } from '@live-status/basics';
import { keepMemoryPrivate } from '@live-status/daemon-control/keep-memory-private';
import { version } from './version.ts';

keepMemoryPrivate(process);
exitWithReader(process);

if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2] ?? '')) {
  process.stdout.write(`${version()}\n`);
} else {
  void import('./command-line.ts').then(({ runCommandLine }) => runCommandLine(process.argv));
}
