// @ts-check
import { prepareAndRun } from './src/main.mjs';

// A preparation that fails is a failed test run, and says so in the line that closes every test run.
const onFailure = () => process.stdout.write('0 passed, 1 failed\n');
void prepareAndRun({ build: false, args: ['tooling/checks/src/main.ts', ...process.argv.slice(2)], onFailure });
