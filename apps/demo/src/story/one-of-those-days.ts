import { randomUUID } from 'node:crypto';
import type { Company } from './company.ts';

/**
 * For how long the daemon follows a piece of work in the story, seconds (`MAX_SESSION_DURATION_S`): half an hour would
 * be too long to watch.
 */
export const FOLLOWED_S = 45;

/** The second scene: everything that can end badly does. Takes about 80 seconds. */
export async function playOneOfThoseDays(company: Company): Promise<void> {
  company.note(
    [
      '**The second scene: one of those days.** A model gives up, Mia stops an agent, the server that OpenClaw runs on restarts, and a backup takes too long.',
      `In this demo the daemon follows work for ${FOLLOWED_S} seconds; by default it does so for half an hour.`,
    ].join('\n\n'),
  );
  await Promise.all([describeCoffees(company), sortPictures(company), renewCertificates(company), backUp(company)]);
}

/** In Design: the model gives up. */
async function describeCoffees(company: Company): Promise<void> {
  const { jonas, design, pace } = company;
  await pace.wait(0.5);
  const work = await company.ask({
    from: jonas,
    channel: design,
    agent: 'designer',
    message: 'please write two sentences about each of our new coffees.',
  });
  await work.uses('read', { args: { path: 'new-coffees.csv' }, seconds: 2 });
  await work.isRefusedByModel('server_error', 3);
  await work.isRefusedByModel('server_error', 5);
  work.fails('The model is overloaded. Please try again later.');
}

/** In Shop team: a person stops the work. */
async function sortPictures(company: Company): Promise<void> {
  const { mia, shopTeam, pace } = company;
  await pace.wait(3);
  const work = await company.ask({
    from: mia,
    channel: shopTeam,
    agent: 'developer',
    message: 'please sort all product pictures into folders by year.',
  });
  await work.runs('ls pictures | wc -l', 2);
  work.starts('node sort-pictures.js --move');
  await pace.wait(8);
  await work.isStoppedBy(mia, '@openclaw /stop');
  await pace.wait(2);
  company.write(mia, shopTeam, 'I forgot that the shop still links to the old folders.', work.thread?.rootId);
}

/** In Operations: OpenClaw itself goes away, and comes back without the work. */
async function renewCertificates(company: Company): Promise<void> {
  const { priya, operations, pace } = company;
  await pace.wait(6);
  const work = await company.ask({
    from: priya,
    channel: operations,
    agent: 'operations',
    message: 'please renew the certificates of all servers.',
  });
  await work.runs('./list-certificates.sh', 2);
  work.starts('./renew-certificates.sh --all');
  await pace.wait(10);
  await restartGateway(company, work.key);
  work.isLost('interrupted');
  await pace.wait(5);
  company.write(priya, operations, 'The server has restarted. I will ask again tomorrow.', work.thread?.rootId);
}

/** OpenClaw's process dies, and another one knows the session, but does not go on with it. */
async function restartGateway({ gateway, pace }: Company, key: string): Promise<void> {
  gateway.reception = 'starting';
  gateway.rows = [{ key, sessionId: randomUUID(), status: 'running', hasActiveRun: false }];
  gateway.bootId = randomUUID();
  gateway.drop();
  await pace.wait(8);
  gateway.reception = 'open';
  const connections = gateway.connects.length;
  while (gateway.connects.length === connections) await pace.wait(0.2);
}

/** In Nightly jobs: work that goes on for longer than it is followed. */
async function backUp(company: Company): Promise<void> {
  const { pace } = company;
  await pace.wait(32);
  const work = company.startJob('backup', 'Back up the shop.');
  await work.runs('df -h /backup', 2);
  work.starts('./backup.sh --everything');
  await pace.wait(FOLLOWED_S);
  work.isLost('timeout');
}
