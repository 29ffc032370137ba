import { availableParallelism } from 'node:os'

export default {
  testEnvironment: 'node',
  // Most files wait for other processes: two a core take a quarter less time than one. (Of "200%" jest makes 200 workers.)
  maxWorkers: 2 * availableParallelism(),
  // For whatever hangs; a busy machine must not end a test.
  testTimeout: 60_000,
  globalSetup: '<rootDir>/__tests__/local-astro/azurite-up.ts',
  globalTeardown: '<rootDir>/__tests__/local-astro/azurite-down.ts',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/'],
}
