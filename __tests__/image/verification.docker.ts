import { describe, expect, test } from '@jest/globals'
import { codeOf } from '../bundle/rules.ts'
import { RUNTIME } from './bases.ts'
import { useImageGround } from './ground.ts'

/** What Airflow says of a deploy of an image alone: it has no DAG bundle, and the same DAGs are parsed again. */

const RUNTIMES = { 3: '3.1-2', 2: '13.2.0' } as const

describe.each([3, 2] as const)('Airflow %i', (major) => {
  const ground = useImageGround('buildx')

  /** An image and DAGs, and then another image. */
  async function deployTwice(inputs: Record<string, string>, between: () => void = () => undefined) {
    const { astro, repository } = ground
    if (major === 2) {
      astro.deployments.patch(astro.deploymentId, { airflowVersion: '2.11.0', astroRuntimeVersion: '13.2.0' })
    }
    await repository.write({
      Dockerfile: `FROM local/other:1\nLABEL ${RUNTIME}=${RUNTIMES[major]}\nCOPY . /usr/local/airflow/\n`,
      'dags/example.py': 'from airflow import DAG\n\nDAG("example", schedule=None)\n',
    })
    const verified = { verify: 'true', ...inputs }
    const first = await ground.deploy({ 'deploy-type': 'image-and-dags', ...verified })
    expect(first.errors).toEqual([])
    expect(first.summary).toContain('DAGs that appeared: <code>example</code>')
    await repository.write({ 'include/größe.sql': 'select 2\n' })
    between()
    return ground.deploy({ 'deploy-type': 'image-only', ...verified })
  }

  test('an image alone is green when the DAGs of before were parsed again', async () => {
    const { errors, warnings, stdout, summary, outputs } = await deployTwice({})
    expect([errors, warnings]).toEqual([[], []])
    expect(stdout).toContain('Airflow has imported the new code.')
    expect(outputs['import-errors']).toBe('0')
    expect(summary).not.toContain('DAGs that')
  })

  test('and red when they are not', async () => {
    const { astro } = ground
    const { errors } = await deployTwice({ 'wait-time': '20s' }, () => {
      astro.airflow.standIn(astro.deploymentId).stopParsing(0)
    })
    expect(codeOf(errors[0] ?? '')).toBe('ASTRO-VERIFY-NOT-PARSED')
    expect(errors[0]).toContain('example.py\n')
    expect(errors[0]).toContain(`The ${major === 3 ? 'DAG processor' : 'scheduler'} runs; its last heartbeat`)
  })
})
