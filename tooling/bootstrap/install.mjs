// @ts-check
import { prepareAndRun } from './src/main.mjs';

void prepareAndRun({ build: true, args: ['apps/installer/dist/main.js', ...process.argv.slice(2)] });
