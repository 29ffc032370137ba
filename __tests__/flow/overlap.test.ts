import { expect, test } from '@jest/globals'
import { systemClock } from '../../src/clock.ts'
import type { GitResult } from '../../src/project/git.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { makeFolder } from '../make/folder.ts'
import { NO_CLONE, runFlow } from './run-flow.ts'

test('the project is read while the token is fetched', async () => {
  const astro = await startLocalAstro()
  try {
    const reading = Promise.withResolvers<GitResult>()
    const { exitCode } = await runFlow({
      inputs: { 'key-id': astro.keyId, 'key-secret': astro.keySecret, domain: astro.origin },
      workspace: makeFolder({ 'dags/example.py': 'from airflow.sdk import DAG\nDAG("example")\n' }),
      clock: systemClock,
      git() {
        reading.resolve(NO_CLONE)
        return reading.promise
      },
      wrap: (send) => async (wire) => {
        if (wire.url.pathname.endsWith('/oauth/token')) await reading.promise
        return send(wire)
      },
    })
    expect(exitCode).toBe(0)
  } finally {
    await astro.stop()
  }
})
