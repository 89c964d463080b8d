import { defineConfig } from 'vitest/config';

// Workers get these as Node's own --conditions: `import` and `module` would hold for `require` as well, and break it.
const conditions = ['@capstan/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{packages,packs,apps}/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    sequence: { hooks: 'stack' },
  },
});
