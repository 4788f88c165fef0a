import { describe, expect, it } from 'vitest';
import { redactText } from './redact-text.ts';
import { LOOK_ALIKES, SECRETS } from './testing/corpus.ts';

describe('secrets', () => {
  it('covers the forms it promises', () => {
    expect(SECRETS.length).toBeGreaterThanOrEqual(60);
    expect(LOOK_ALIKES.length).toBeGreaterThanOrEqual(60);
  });

  it.for(SECRETS)('masks %s', ([text, redacted]) => {
    expect(redactText(text)).toBe(redacted);
  });

  it.for(LOOK_ALIKES)('leaves %s', (text) => {
    expect(redactText(text)).toBe(text);
  });
});
