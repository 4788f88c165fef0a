// @ts-check
import { prepareAndRun } from './src/main.mjs';

const rehearsal = ['--conditions=@live-status/source', 'tooling/release/src/main.ts'];
void prepareAndRun({ build: false, args: [...rehearsal, ...process.argv.slice(2)] });
