import { SETTINGS } from '@live-status/settings';
import { LANGUAGES } from '@live-status/status-render';
import { expect, it } from 'vitest';
import { postWordsOf } from './post-words.ts';

const machineWith = (env: Record<string, string>) => ({
  env,
  home: '/home/op',
  readFile: (path: string) => Promise.reject(Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })),
});

it('reads the language that the daemon writes', async () => {
  const { language, labels } = await postWordsOf(machineWith({ STATUS_LANGUAGE: 'zh' }));
  expect(language.say('head.thinking')).toBe('思考中…');
  expect(labels.describe('update_plan').parts).toEqual([{ text: '更新计划' }]);
});

it('refuses what the daemon refuses', async () => {
  await expect(postWordsOf(machineWith({ STATUS_LANGUAGE: 'klingon' }))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^STATUS_LANGUAGE is klingon: must be one of/),
  });
  const files = machineWith({ STATUS_LANGUAGE: '/a.json', TOOL_LABELS_FILE: '/b.json' });
  await expect(postWordsOf(files)).rejects.toThrow(
    /^STATUS_LANGUAGE is \/a\.json: .*\nTOOL_LABELS_FILE is \/b\.json: /,
  );
});

it('knows the languages that a setting may name', () => {
  expect(SETTINGS.STATUS_LANGUAGE.choices).toEqual(LANGUAGES);
});
