import { describe, expect, test } from '@jest/globals'
import { falseAftermath } from '../flow/aftermath.ts'
import type { FaultRule, LocalAstro, RolloutScript } from '../local-astro/start.ts'
import { brokenDag, goodDag } from './dag-ground.ts'
import { codeOf } from './rules.ts'
import type { Scene } from './side-by-side.ts'
import { playOnBothMajors } from './side-by-side.ts'

const GOOD = { 'dags/example.py': goodDag('example') }
const LIVE: RolloutScript = { outcome: 'live', ms: 100 }

/** A deploy with `rollback-on-failure` that goes live after a good one, and that Airflow does not import. */
function broken(
  more: {
    readonly what?: string
    readonly files?: Record<string, string>
    readonly inputs?: Record<string, string>
    readonly rollout?: RolloutScript
    readonly faults?: readonly FaultRule[]
  } = {},
): Scene {
  return {
    earlier: [GOOD],
    files: more.files ?? { 'dags/example.py': goodDag('changed'), 'dags/bad.py': brokenDag(more.what) },
    inputs: { 'rollback-on-failure': 'true', 'wait-time': '30s', ...more.inputs },
    arrange({ deployments, deploymentId, faults }) {
      deployments.script(deploymentId, LIVE, ...(more.rollout ? [more.rollout] : []))
      for (const rule of more.faults ?? []) faults.add(rule)
    },
  }
}

const SCENES: Readonly<Record<string, Scene>> = {
  'is broken': broken(),
  'has a file that is killed': broken({ what: 'killed', inputs: { 'wait-time': '10s' } }),
  'is the first of all': {
    ...broken(),
    earlier: [],
    arrange({ deployments, deploymentId }) {
      for (const { id } of deployments.deploys(deploymentId))
        deployments.patchDeploy(deploymentId, id, { status: 'FAILED' })
    },
  },
  'is broken as its rollback is': broken({
    rollout: { outcome: 'failed', statusReason: 'Nor this', ms: 100 },
  }),
  'is broken, and the rollback is refused': broken({
    faults: [{ fault: 'status', status: 403, step: 'rollback' }],
  }),
  'is broken, and nobody knows of the rollback': broken({ faults: [{ fault: 'reset', step: 'rollback' }] }),
  'is broken, and the answer to the rollback is lost': broken({
    faults: [{ fault: 'resetAfterEffect', step: 'rollback' }],
  }),
  'nobody may look at': broken({
    files: GOOD,
    faults: [{ fault: 'status', status: 403, step: 'airflow', afterStep: 'finalize' }],
  }),
  'is broken, with `verify: warn`': broken({ inputs: { verify: 'warn' } }),
}
const play = playOnBothMajors(SCENES)

describe.each([3, 2] as const)('Airflow %i, `rollback-on-failure` and a deploy that', (major) => {
  async function played(name: string) {
    const { astro, result, before } = await play(major, name)
    const [message = ''] = result.errors
    return {
      ...{
        astro,
        result,
        message,
        code: codeOf(message),
        history: astro.deployments.deploys(astro.deploymentId),
      },
      asked: astro.requests.filter(({ step }) => step === 'rollback').length,
      untrue: message === '' ? undefined : falseAftermath(message, astro, astro.deploymentId, before),
      rolledBack: result.outputs['rolled-back'],
    }
  }

  test('is broken: the former DAGs run again, and the step fails with the error on its file', async () => {
    const { astro, result, message, code, asked, untrue, history } = await played('is broken')
    expect([code, asked, untrue]).toEqual(['ASTRO-VERIFY-IMPORT-ERRORS', 1, undefined])
    expect(result.places).toMatchObject([{ level: 'error', file: 'dags/bad.py', line: 3 }])
    const [former, failed, back] = history.slice(-3)
    expect(back).toMatchObject({ status: 'DEPLOYED', rollbackFromId: former?.id })
    expect(message).toContain(`it runs the code of the deploy ${former?.id} again`)
    expect(result.summary).toContain(`to <code>${former?.id}</code>`)
    expect(result.outputs).toMatchObject({
      'rolled-back': 'true',
      'import-errors': '1',
      'deploy-id': failed?.id,
    })
    expect(await activeDags(astro, major)).toEqual(['example'])
  })

  test('has a file that neither imports nor fails in time is rolled back', async () => {
    const { code, rolledBack, untrue } = await played('has a file that is killed')
    expect([code, rolledBack, untrue]).toEqual(['ASTRO-VERIFY-NOT-PARSED', 'true', undefined])
  })

  test.each<[string, number, ...string[]]>([
    ['is the first of all', 0, 'There is no deploy to go back to: this one was the first.'],
    ['is broken as its rollback is', 1, 'Nor this', 'has failed: its code does not go live'],
    ['is broken, and the rollback is refused', 1, 'HTTP 403'],
    [
      'is broken, and nobody knows of the rollback',
      1,
      'It is not known whether Astro took the rollback to the deploy',
    ],
  ])('%s: both is told, and it is asked for %i times', async (name, requests, ...words) => {
    const { code, message, asked, rolledBack, untrue } = await played(name)
    expect([code, asked, rolledBack, untrue]).toEqual([
      'ASTRO-VERIFY-IMPORT-ERRORS',
      requests,
      'false',
      undefined,
    ])
    expect(message).toContain('The rollback that `rollback-on-failure` asks for did not work:')
    for (const word of words) expect(message).toContain(word)
  })

  test('is broken, with a rollback whose answer is lost, is rolled back once', async () => {
    const { asked, rolledBack, untrue, history } = await played(
      'is broken, and the answer to the rollback is lost',
    )
    expect([asked, rolledBack, untrue]).toEqual([1, 'true', undefined])
    expect(history.filter(({ rollbackFromId }) => rollbackFromId !== undefined)).toHaveLength(1)
  })

  test('nobody may look at stays, for that proves nothing', async () => {
    const { code, asked, rolledBack, untrue } = await played('nobody may look at')
    expect([code, asked, rolledBack, untrue]).toEqual(['ASTRO-AIRFLOW-FORBIDDEN', 0, 'false', undefined])
  })

  test('is broken stays with `verify: warn`', async () => {
    const { result, asked, rolledBack } = await played('is broken, with `verify: warn`')
    expect([result.exitCode, asked, rolledBack]).toEqual([0, 0, 'false'])
  })
})

/** What Airflow itself shows as active. */
async function activeDags(astro: LocalAstro, major: number): Promise<string[]> {
  const api = `${astro.origin}/airflow/${astro.deploymentId}/api/${major === 3 ? 'v2' : 'v1'}`
  const headers = { authorization: `Bearer ${astro.tokens.workspace}` }
  const response = await fetch(`${api}/dags`, { headers })
  const { dags } = (await response.json()) as { dags: { dag_id: string }[] }
  return dags.map((dag) => dag.dag_id)
}
