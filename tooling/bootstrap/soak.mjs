// @ts-check
import { prepareAndRun } from './src/main.mjs';

const soak = ['--conditions=@live-status/source', 'tooling/soak/src/main.ts'];
void prepareAndRun({ build: true, args: [...soak, ...process.argv.slice(2)] });
