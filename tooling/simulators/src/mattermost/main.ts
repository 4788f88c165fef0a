import { parseArgs } from 'node:util';
import { createSimulator } from './simulator.ts';

/** Runs a simulator by itself: prints its URL and what a client needs, until it is interrupted. */
const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, help: { type: 'boolean' } } });

if (values.help) {
  console.log(
    'Usage: node src/mattermost/main.ts [--port N]\n\nSimulates a Mattermost server on 127.0.0.1. Port 0, the default, takes any free one.',
  );
} else {
  const simulator = await createSimulator({ port: Number(values.port) });
  console.log(`Mattermost simulator: ${simulator.url} (page), ${simulator.url}/api/v4 (API)`);
  console.log(`  bot token    ${simulator.bot.token}`);
  console.log(`  admin token  ${simulator.adminToken}`);
  console.log(`  channel      ${simulator.channel.id} (${simulator.team.name}/${simulator.channel.name})`);
  const stop = (): void => void simulator.close();
  process.once('SIGINT', stop).once('SIGTERM', stop);
}
