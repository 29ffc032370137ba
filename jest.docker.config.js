import config from './jest.config.js'

/** The suite that needs a Docker engine and a registry of its own; see CONTRIBUTING.md. */
export default {
  ...config,
  testMatch: ['<rootDir>/__tests__/image/**/*.docker.ts'],
  globalSetup: '<rootDir>/__tests__/image/setup.ts',
  globalTeardown: '<rootDir>/__tests__/image/teardown.ts',
  maxWorkers: 1,
  testTimeout: 120_000,
}
