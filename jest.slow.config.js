import config from './jest.config.js'

/** Tests that wait on the real clock, or move hundreds of megabytes: minutes in all. */
export default {
  ...config,
  testMatch: ['<rootDir>/__tests__/**/*.slow.ts'],
  testTimeout: 300_000,
  maxWorkers: 2,
}
