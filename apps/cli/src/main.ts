#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { exitWithReader, keepMemoryPrivate } from '@live-status/basics';
import { programVersion } from '@live-status/daemon-control/program-version';

keepMemoryPrivate(process);
exitWithReader(process);

const version = programVersion(fileURLToPath(new URL('..', import.meta.url)));

if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2] ?? '')) {
  process.stdout.write(`${version}\n`);
} else {
  const { runCommandLine } = await import('./command-line.ts');
  await runCommandLine(process.argv, version);
}
