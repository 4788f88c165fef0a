import { expect, it } from 'vitest';
import { checkScenarios } from './testing/writer-model.ts';

const { name, check } = checkScenarios(300);

it(`one post for each run, with its true end, whatever lies beside it: ${name}`, async () => {
  await expect(check()).resolves.toBeUndefined();
}, 3_600_000);
