import { describe, expect, it } from 'vitest';
import { readPostWords } from './post-words.ts';

const FILES: Readonly<Record<string, string>> = {
  '/mine.json': '{ "extends": "fr", "words": { "head": { "thinking": "Hum…" } } }',
  '/labels.json': '{ "exec": "shell: {command}" }',
  '/no.json': '{',
  '/bad.json': '{ "exec": "{" }',
};
const readFile = async (path: string): Promise<string> => FILES[path] ?? Promise.reject(new Error(`no ${path}`));

describe('readPostWords', () => {
  it('reads nothing for a built-in language', async () => {
    const reading = await readPostWords({ statusLanguage: 'de' }, () => Promise.reject(new Error('read')));
    expect(reading.ok && reading.words.language.say('head.thinking')).toBe('Denkt nach…');
    expect(reading.ok && reading.words.labels.describe('read', { path: 'a' }).parts).toEqual([
      { text: 'Liest ' },
      { value: 'a' },
    ]);
  });

  it('merges labels over those of the language', async () => {
    const reading = await readPostWords({ statusLanguage: '/mine.json', toolLabelsFile: '/labels.json' }, readFile);
    expect(reading.ok && reading.words.language.say('head.thinking')).toBe('Hum…');
    expect(reading.ok && reading.words.language.say('notice.agent')).toBe('L’agent');
    expect(reading.ok && reading.words.labels.describe('exec', { command: 'a' }).parts[0]).toEqual({ text: 'shell: ' });
    expect(reading.ok && reading.words.labels.describe('wait').parts).toEqual([{ text: 'En attente' }]);
  });

  it('names the setting and the file of every problem', async () => {
    const reading = await readPostWords({ statusLanguage: '/no.json', toolLabelsFile: '/bad.json' }, readFile);
    expect(reading).toMatchObject({
      ok: false,
      problems: [
        expect.stringMatching(/^STATUS_LANGUAGE is \/no\.json: .*JSON/),
        expect.stringMatching(/^TOOL_LABELS_FILE is \/bad\.json: Tool label "exec"/),
      ],
    });
    const gone = await readPostWords({ statusLanguage: '/gone.json' }, readFile);
    expect(gone).toEqual({ ok: false, problems: ['STATUS_LANGUAGE is /gone.json: no /gone.json'] });
  });
});
