import { describe, expect, test } from '@jest/globals'
import { codeOf } from '../bundle/rules.ts'
import type { Step, StepResult } from '../bundle/run-step.ts'
import { BUILDERS, useImageGround } from './ground.ts'

/** That no container, no image and no file is left is what the ground sees to after each step. */
describe.each(BUILDERS)('cancelled, with %s', (builder) => {
  const ground = useImageGround(builder)
  const created = (): boolean => ground.astro.requests.some(({ step }) => step === 'create-deploy')

  /** Runs a step that is cancelled as soon as its output, or the requests that Astro got, say so. */
  async function cancelled(
    inputs: Readonly<Record<string, string>>,
    when: (stdout: string) => boolean,
  ): Promise<StepResult> {
    let kill: Parameters<NonNullable<Step['onStart']>>[0] | undefined
    let stdout = ''
    const look = (): void => {
      if (!when(stdout)) return
      kill?.('SIGINT')
      kill = undefined
    }
    const watching = setInterval(look, 10)
    try {
      const result = await ground.deploy(
        { 'deploy-type': 'image-and-dags', ...inputs },
        { onStart: (give) => (kill = give), onOutput: (said) => (stdout = said) },
      )
      expect(codeOf(result.errors.at(-1) ?? '')).toBe('ASTRO-CANCELLED')
      return result
    } finally {
      clearInterval(watching)
    }
  }

  test('while the image is built', async () => {
    await ground.repository.write({
      Dockerfile: 'FROM local/airflow:3.1-2\nUSER root\nRUN echo as""leep && sleep 300\n',
    })
    await cancelled({}, (stdout) => stdout.includes('asleep'))
    expect(created()).toBe(false)
  })

  test('while tests run in a container whose first process ignores interrupts', async () => {
    await ground.repository.write({
      Dockerfile: [
        'FROM local/airflow:3.1-2',
        `ENTRYPOINT ["/bin/sh", "-c", "trap '' INT TERM; echo asleep; while :; do sleep 1; done"]`,
      ].join('\n'),
      'tests/test_none.py': 'def test_none():\n    pass\n',
    })
    await cancelled({ pytest: 'true' }, (stdout) => /^asleep$/m.test(stdout))
    expect(created()).toBe(false)
  })

  test('while the image is pushed', async () => {
    ground.astro.faults.add({ fault: 'hang', step: 'registry', method: 'PUT', path: '/manifests/' })
    const { errors } = await cancelled({}, (stdout) => stdout.includes('The push refers to repository'))
    expect(errors[0]).toContain('The push of the image was not confirmed.')
    const deploys = ground.astro.deployments.deploys(ground.astro.deploymentId)
    expect(deploys.at(-1)?.status).toBe('INITIALIZED')
  })
})
