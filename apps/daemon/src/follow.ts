import { isatty } from 'node:tty';
import { EXIT, type ExitCode } from '@live-status/daemon-control';
import { systemClock } from '@live-status/resilience';
import { BoxFold } from '@live-status/session-state';
import { readSettings, type Settings } from '@live-status/settings';
import { readPostWords } from '@live-status/status-render';
import { foldRules } from './daemon.ts';
import { FoldLoop } from './fold-loop.ts';
import { type HealthReport, sourceReasons, worst } from './health.ts';
import { startHealthServer } from './health-server.ts';
import { LiveFeed } from './live-feed.ts';
import { boxToHtml, healthToHtml } from './live-page.ts';
import { createLog } from './log.ts';
import { Overview } from './overview.ts';
import { type Host, type StopCause, secretsOf } from './runtime.ts';
import { createSource } from './source.ts';

export interface FollowOptions {
  /** Where the page is served on this machine; 0 is any free port. */
  readonly port: number;
  /** Called with its address once it is served. */
  readonly onListening: (url: string) => void;
}

/**
 * Follows sessions and serves the page and `/events`, but posts nothing: neither a Mattermost nor the lock of a daemon is
 * needed. Problems go to standard error.
 */
export async function follow(host: Host, stopping: Promise<StopCause>, options: FollowOptions): Promise<ExitCode> {
  const { errors, sound } = await readSettings(host.env, host);
  const problems = errors.filter((error) => !/^MM_(?:TOKEN|URL) is /.test(error));
  const words = await readPostWords(sound, host.readFile);
  if (problems.length > 0 || !words.ok) {
    for (const problem of [...problems, ...(words.ok ? [] : words.problems)]) host.complain(problem);
    return EXIT.usage;
  }
  // Only the two settings of Mattermost may be missing, and nothing here reads them.
  const settings = sound as Settings;
  const clock = systemClock;
  const startedAt = clock.now();
  const log = await createLog({ level: 'warn', pretty: isatty(2), secrets: secretsOf(settings), fd: 2 });
  const source = createSource(settings, { clock, log, resumeTokens: [], searchPath: host.env.PATH ?? '' });
  const overview = new Overview(clock);
  const report = (): HealthReport => {
    const choice = source.choice();
    const reasons = sourceReasons(source.status());
    return {
      status: worst(reasons),
      version: host.version,
      pid: host.pid,
      uptimeS: Math.round((clock.now() - startedAt) / 1_000),
      ...(choice !== undefined && { choice }),
      sources: source.parts(),
      boxes: { active: overview.ongoing().length, waiting: 0, posted: 0 },
      reasons,
    };
  };
  const feed = new LiveFeed({
    clock,
    overview,
    report,
    postUrlOf: () => undefined,
    boxToHtml: boxToHtml(words.words, clock),
    healthToHtml,
  });
  const loop = new FoldLoop({
    source,
    boxes: new BoxFold({ rules: foldRules(settings) }),
    clock,
    onChange: (entry) => overview.update(entry),
    onCaughtUp: () => {},
  });
  const { healthToken: token } = settings;
  const server = await startHealthServer({
    port: options.port,
    host: '127.0.0.1',
    ...(token !== undefined && { token }),
    report,
    ready: () => source.status().state !== 'starting',
    feed,
  });
  options.onListening(server.url);
  const cause = await Promise.race([stopping, loop.run().then((): StopCause => ({ kind: 'replaced' }))]);
  loop.stop();
  await Promise.all([source.close(), server.close()]);
  if (cause.kind === 'failure') throw cause.error;
  return EXIT.done;
}
