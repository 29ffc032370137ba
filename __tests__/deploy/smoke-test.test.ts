import { expect, test } from '@jest/globals'
import { smokeTest } from '../../src/deploy/smoke-test.ts'
import type { Run } from '../../src/run.ts'
import { makeDeployment } from '../make/deployment.ts'

test('code that Airflow is not known to have imported is not run, and a warning says so', async () => {
  const warnings: string[] = []
  const asked: string[] = []
  const record = (name: string) => (): Promise<never> => {
    asked.push(name)
    return Promise.reject(new Error(`${name} was asked for`))
  }
  const run = {
    inputs: { runDag: { dagId: 'smoke', conf: {}, timeoutMs: 1_000, unpause: false } },
    log: { warning: (message: string) => warnings.push(message) },
    stage: record('a stage'),
    outputs: { set: record('an output') },
    target: {},
  } as unknown as Run
  await smokeTest(run, makeDeployment(), { deployId: 'd1', isProved: false })
  expect(warnings).toEqual([expect.stringMatching(/skipped: the DAG smoke was not run/)])
  expect(asked).toEqual([])
  await expect(smokeTest(run, makeDeployment(), { deployId: 'd1', isProved: true })).rejects.toThrow(
    'a stage',
  )
})
