import { defineConfig } from 'vitest/config';

const source = { conditions: ['@live-status/source'] };

export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    clearMocks: true,
    restoreMocks: true,
    // Generous, so that a busy machine does not turn a test red.
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps,tooling}/*/src/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/*.long.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{packages,apps,tooling}/*/src/**/*.integration.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // What takes minutes, or needs a program that few machines have: `npm run test-long`.
      {
        extends: true,
        test: {
          name: 'long',
          include: ['{packages,apps,tooling}/*/src/**/*.long.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
