import config from './jest.config.js'

/** The suites that run real Apache Airflows, which are installed into .cache/; see CONTRIBUTING.md. */
export default {
  ...config,
  testMatch: ['<rootDir>/__tests__/real-airflow/**/*.airflow.ts'],
  maxWorkers: 2,
  testTimeout: 300_000,
}
