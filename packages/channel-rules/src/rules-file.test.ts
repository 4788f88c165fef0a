import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRulesFile } from './rules-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rules-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('openRulesFile', () => {
  it('opens nothing where nothing is configured', async () => {
    expect(await openRulesFile(undefined)).toEqual({ problems: [] });
  });

  it('says everything that is wrong, with the path, each with its fix', async () => {
    const path = join(directory, 'rules.json');
    await writeFile(path, '{\n "crn": {},\n "cron": { "show": "quite" }\n}');
    expect((await openRulesFile(path)).problems).toEqual([
      `CHANNEL_RULES is ${path}: line 2: "crn" is nothing that a rule can be for; did you mean "cron"? A channel of Mattermost is written with its team: "team/crn"`,
      `CHANNEL_RULES is ${path}: line 3: "cron" has "show": "quite"; did you mean "quiet"?`,
    ]);
  });

  it('knows the channels that DEFAULT_CHANNEL_KINDS names', async () => {
    const path = join(directory, 'rules.json');
    await writeFile(path, '{"pager": {}}');
    expect((await openRulesFile(path, ['pager'])).problems).toEqual([]);
  });

  it.for([
    ['gone.json', 'there is no such file; create it, or correct the path'],
    ['folder', 'it is not a file; name a JSON file'],
    ['large.json', 'it has more than 1 MB; name a JSON file with rules'],
  ] as const)('says why %s cannot be used', async ([name, problem]) => {
    const path = join(directory, name);
    if (name === 'folder') await mkdir(path);
    if (name === 'large.json') await writeFile(path, ' '.repeat(1_000_001));
    expect((await openRulesFile(path)).problems).toEqual([`CHANNEL_RULES is ${path}: ${problem}`]);
  });

  it('reads what is there now: written in place, renamed over it, or behind a link that was changed', async () => {
    const path = join(directory, 'rules.json');
    const old = join(directory, 'old.json');
    await writeFile(old, '{ "cron": { "show": "off" } }');
    await symlink(old, path);
    const { file } = await openRulesFile(path);
    const shows = async (): Promise<unknown> => {
      const reading = await file?.read();
      return reading?.ok ? reading.rules.map(({ rule }) => rule.show) : reading?.problems.map(({ what }) => what);
    };
    expect(await shows()).toEqual(['off']);
    await writeFile(old, '{ "cron": { "show": "full" } }');
    expect(await shows()).toEqual(['full']);
    await writeFile(join(directory, 'new.json'), '{ "cron": { "show": "quiet" } }');
    await rename(join(directory, 'new.json'), path);
    expect(await shows()).toEqual(['quiet']);
    await rm(path);
    expect(await shows()).toEqual(['there is no such file']);
  });
});
