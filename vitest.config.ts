import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'out/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Left to itself the runner keeps one processor free, which of two is half; the browser tests mostly wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
