import { parseArgs } from 'node:util';
import { LARGE_INPUTS, playLargeInput } from './large-input.ts';

/**
 * Gives a daemon process inputs that are larger than any that OpenClaw or Mattermost make, each followed by honest work, and
 * prints what memory and time they took. Exits 1 when honest work was not shown.
 *
 *     node --conditions=@live-status/source tooling/e2e/src/hostile.ts [--mb 1024] [--calls 1000000] [--files 100000] [NAME …]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mb: { type: 'string', default: '1024' },
    calls: { type: 'string', default: '1000000' },
    files: { type: 'string', default: '100000' },
    sessions: { type: 'string', default: '10000' },
    frames: { type: 'string', default: '100000' },
    'timeout-s': { type: 'string', default: '600' },
  },
});
const sizes = {
  bytes: Number(values.mb) * 1024 * 1024,
  calls: Number(values.calls),
  files: Number(values.files),
  sessions: Number(values.sessions),
  frames: Number(values.frames),
};
const chosen = LARGE_INPUTS.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);

console.log('| input | size | resident at the start, MB | at most, MB | seconds | honest work |');
console.log('|---|---|---|---|---|---|');
for (const input of chosen) {
  const row = [input.name, input.size(sizes)];
  try {
    const result = await playLargeInput(input, sizes, AbortSignal.timeout(Number(values['timeout-s']) * 1_000));
    row.push(String(result.startMb), String(result.peakMb), result.seconds.toFixed(1), 'shown');
  } catch (error) {
    process.exitCode = 1;
    row.push('', '', '', error instanceof Error ? error.message : String(error));
  }
  console.log(`| ${row.join(' | ')} |`);
}
