import { defineConfig } from 'vitest/config';

const source = { conditions: ['@live-status/source'] };

export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    clearMocks: true,
    restoreMocks: true,
    // Not a measure of anything: a busy machine must not turn a test red.
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps,tooling}/*/src/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts'],
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
    ],
  },
});
