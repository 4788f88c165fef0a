import { join } from 'node:path';
import { delay } from '@live-status/resilience';
import { channelSession, createScriptedAgent } from '@live-status/simulators/openclaw-files';
import { openStage, type Stage } from '@live-status/stage';
import { InstalledPrograms, type ProgramsOptions } from './installed-programs.ts';

const POLL_MS = 50;

/**
 * Installs the programs and uses each against a simulated Mattermost: version, doctor, a post of its own, and the daemon
 * with a piece of work. Gives what is wrong, one text each.
 */
export async function findProgramProblems(version: string, options: Omit<ProgramsOptions, 'env'>): Promise<string[]> {
  const stage = await openStage();
  try {
    return await use(version, stage, options);
  } finally {
    await stage.close();
  }
}

async function use(version: string, stage: Stage, options: Omit<ProgramsOptions, 'env'>): Promise<string[]> {
  const { simulator } = stage;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(90_000)]);
  const env = { ...stage.env, DEFAULT_CHANNEL: simulator.channel.id, POST_DELAY_MS: '0', HEALTH_PORT: '0' };
  const programs = new InstalledPrograms({ ...options, signal, env });
  await programs.install(version);
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };

  for (const { exitCode, output } of [await programs.cli('--version'), await programs.daemon('--version')]) {
    expect(exitCode === 0 && output === version, `--version says "${output}" instead of ${version}`);
  }
  const doctor = await programs.cli('doctor', '--json');
  const findings = parse(doctor.output);
  expect(findings !== undefined, `doctor --json prints no JSON:\n${doctor.output}`);
  expect(
    JSON.stringify(findings).includes('mattermost.'),
    `doctor --json says nothing of Mattermost: ${doctor.output}`,
  );

  const created = await programs.cli('create', 'Building the release');
  const posts = simulator.posts().filter(({ message }) => message.includes('Building the release'));
  expect(created.exitCode === 0 && posts.length === 1, `create ends with ${created.exitCode}:\n${created.output}`);
  // Its deprecation notice is on standard error.
  expect(
    created.output.split('\n').includes(posts[0]?.id ?? '-'),
    `create does not print the post:\n${created.output}`,
  );

  try {
    await programs.mustDo('start');
    const { id } = simulator.addChannel({ teamId: simulator.team.id, name: 'work' });
    simulator.join(simulator.bot.user.id, [id]);
    const session = channelSession(createScriptedAgent(stage.agentsDir), id).begin('go').call('a', 'npm test');
    const shown = (): string => simulator.posts().find((post) => post.channel_id === id)?.message ?? '';
    while (!shown().includes('[ACTIVE]')) await delay(POLL_MS, { signal });
    session.result('a').answer('All tests pass.');
    while (!shown().includes('[DONE]')) await delay(POLL_MS, { signal });
    expect(/`npm test` \[OK\]/.test(shown()), `the post of the work says: ${shown()}`);
  } finally {
    const stopped = await programs.daemon('stop');
    expect(stopped.exitCode === 0, `live-status-daemon stop ends with ${stopped.exitCode}: ${stopped.output}`);
  }
  return problems.map((problem) => problem.replaceAll(join(options.project), 'PROJECT'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
