import { readSettings } from '@live-status/settings';
import { createSimulator } from '@live-status/simulators/mattermost';
import { describe, expect, it } from 'vitest';
import { describeAccounts } from './show-configured.ts';

async function describeWith(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const readFile = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));
  const { settings } = await readSettings(env, { home: '/nobody', readFile });
  return settings === undefined ? [] : describeAccounts(settings);
}

describe('the accounts that npm start posts with', () => {
  it('are named by server and bot', async () => {
    await using simulator = await createSimulator({ botName: 'openclaw' });
    const { url, bot } = simulator;
    expect(await describeWith({ MM_URL: url, MM_TOKEN: bot.token })).toEqual([`${url} as @openclaw`]);
  });

  it('are named by server where it does not name the bot', async () => {
    await using simulator = await createSimulator();
    const lines = await describeWith({ MM_URL: simulator.url, MM_TOKEN: 'wrong' });
    expect(lines).toEqual([expect.stringContaining(`${simulator.url} (it does not name the bot`)]);
    expect(lines.join()).not.toContain('wrong');
  });
});
