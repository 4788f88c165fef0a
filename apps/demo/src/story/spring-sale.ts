import type { Company } from './company.ts';

const PLAN = ['Add the banner', 'Check the basket', 'Put it on the test shop'];

/** The first scene: a shop gets ready for its sale, with agents at work in four channels. Takes about 45 seconds. */
export async function playSpringSale(company: Company): Promise<void> {
  company.note(
    [
      '**This is a demo of Live Status.** The people, the shop and the agents are made up, and the story is played from a script. ' +
        'The status posts are real: the daemon writes them while it follows the work.',
      'Mia, Jonas and Priya run a web shop for coffee. Their agents answer as @openclaw. ' +
        'Each status post is edited in place until its work is finished. Look at the other channels, too.',
    ].join('\n\n'),
  );
  await Promise.all([updatePrices(company), addBanner(company), replaceLogo(company), testLoad(company)]);
}

/** In Shop team: a plan, a test that fails, a model that is busy, two sub-agents, and a command that needs a yes. */
async function addBanner(company: Company): Promise<void> {
  const { mia, shopTeam, pace } = company;
  await pace.wait(0.5);
  const work = await company.ask({
    from: mia,
    channel: shopTeam,
    agent: 'developer',
    message:
      'our spring sale starts at noon. Please put a banner for 20% off on the start page, and make sure that the basket takes the discount off.',
  });
  work.plans(PLAN, 0);
  await work.uses('edit', { args: { path: 'pages/start.html' }, seconds: 4 });
  work.plans(PLAN, 1);
  await work.runs('npm test', 5, { exitCode: 1 });
  work.says('The discount is taken off twice.');
  await work.isRefusedByModel('rate_limit', 3);
  await work.isRefusedByModel('rate_limit', 3);
  await work.uses('edit', { args: { path: 'basket/discount.js' }, seconds: 1.5 });
  await work.runs('npm test', 4);
  await work.delegates(['phone', 'spelling'], ([phone, spelling]) =>
    Promise.all([
      (async () => {
        await phone?.uses('browser', { args: { action: 'open', url: 'http://localhost:8080' }, seconds: 3 });
        await phone?.uses('image', { args: { path: 'phone.png' }, seconds: 3 });
        phone?.answers('The banner fits.');
      })(),
      (async () => {
        await spelling?.uses('read', { args: { path: 'texts/english.txt' }, seconds: 2 });
        await spelling?.runs('npm run spelling', 2.5);
        spelling?.answers('No mistakes.');
      })(),
    ]),
  );
  work.plans(PLAN, 2);
  await work.waitsForApproval('./deploy.sh test-shop', { person: mia, afterSeconds: 9, runsFor: 4 });
  work.plans(PLAN, 3);
  work.answers('The banner is on the test shop, and the basket takes the discount off once. Please have a look.');
}

/** In Design: a question with options. */
async function replaceLogo(company: Company): Promise<void> {
  const { jonas, design, pace } = company;
  await pace.wait(10);
  const work = await company.ask({
    from: jonas,
    channel: design,
    agent: 'designer',
    message: 'our logo looks blurred on new phones. Can you put a sharper one on the page?',
  });
  await work.uses('find', { args: { pattern: 'images/logo-*' }, seconds: 2 });
  work.says('There are two logos that are large enough.');
  await work.asks('Which logo shall I use?', ['Green on white', 'White on green'], {
    person: jonas,
    answer: 2,
    afterSeconds: 8,
  });
  await work.uses('edit', { args: { path: 'pages/header.html' }, seconds: 2 });
  work.answers('The page now has the logo in white on green, in twice the size.');
}

/** In Operations: a command in the background that fails after the agent has answered. */
async function testLoad(company: Company): Promise<void> {
  const { priya, operations, pace } = company;
  await pace.wait(18);
  const work = await company.ask({
    from: priya,
    channel: operations,
    agent: 'operations',
    message: 'can the shop take five hundred visitors at noon? Please start a load test and tell me when it runs.',
  });
  await work.uses('read', { args: { path: 'load-test/visitors.yaml' }, seconds: 2 });
  const end = work.leavesRunning('npm run load-test -- --visitors 500');
  await pace.wait(2);
  work.answers('The load test is running. You will see here how it ends.');
  await pace.wait(18);
  end(1);
  await pace.wait(4);
  company.write(priya, operations, 'It failed, I see. I will order a second server for today.', work.thread?.rootId);
}

/** In Nightly jobs: work that nobody asked for, and a command that works when it is tried again. */
async function updatePrices(company: Company): Promise<void> {
  await company.pace.wait(4);
  const work = company.startJob('new prices', 'Update the prices of all coffees.');
  await work.uses('read', { args: { path: 'suppliers.csv' }, seconds: 1.5 });
  await work.runs('./fetch-prices.sh', 5, { exitCode: 1 });
  work.says('The supplier did not answer. I will try once more.');
  await work.runs('./fetch-prices.sh', 6);
  await work.uses('write', { args: { path: 'prices.csv' }, seconds: 1 });
  work.answers('214 prices are up to date; 9 have changed.');
}
