// @ts-check
import { prepareAndRun } from './src/main.mjs';

void prepareAndRun({ build: true, args: ['tooling/checks/src/pack.ts', ...process.argv.slice(2)] });
