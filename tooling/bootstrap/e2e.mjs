// @ts-check
import { prepareAndRun } from './src/main.mjs';

const realOpenClaw = ['--conditions=@live-status/source', 'tooling/e2e/src/real-openclaw.ts'];
void prepareAndRun({ build: true, args: [...realOpenClaw, ...process.argv.slice(2)] });
