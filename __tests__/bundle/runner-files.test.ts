import { describe, expect, test } from '@jest/globals'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'

const ground = useGround({ uploads: true })

describe('a runner that does not take what the step hands it', () => {
  test.each([
    ['is missing', '/nowhere/output', 'Missing file'],
    ['is on a disk that is full', '/dev/full', 'ENOSPC'],
    ['is a folder', '/tmp', 'EISDIR'],
  ])('GITHUB_OUTPUT %s: told as the runner’s problem, and nothing is written', async (_, file, observed) => {
    const result = await ground.deploy({}, { env: { GITHUB_OUTPUT: file } })
    ground.expectRefused(result, 'ASTRO-RUNNER-OUTPUT', observed, 'runner')
  })

  test.each(['/nowhere/summary', '/dev/full', '/tmp'])(
    'GITHUB_STEP_SUMMARY is %s: a warning',
    async (file) => {
      const { exitCode, errors, warnings } = await ground.deploy({}, { env: { GITHUB_STEP_SUMMARY: file } })
      expect([exitCode, errors]).toEqual([0, []])
      expect(warnings.join()).toContain('The runner did not take the job summary')
    },
  )

  test('an error of the input is told although there is no summary and no output', async () => {
    const env = { GITHUB_OUTPUT: '/dev/full', GITHUB_STEP_SUMMARY: '/dev/full' }
    const { errors } = await ground.run({ inputs: {}, env })
    expect(codeOf(errors[0] ?? '')).toBe('ASTRO-INPUT-CREDENTIALS-MISSING')
  })
})

test('entries of PATH that cannot be looked into are not talked of', async () => {
  const env = { PATH: `/etc/passwd/bin:/nowhere:/dev/null:${process.env.PATH ?? ''}` }
  const { exitCode, stdout } = await ground.deploy({}, { env })
  expect(exitCode).toBe(0)
  expect(stdout).not.toContain('Unexpected error')
})
