import { expect, test } from '@jest/globals'
import { requireRuntime, RUNTIME_LABEL } from '../../src/image/runtime-check.ts'
import { failureOf } from '../make/failure.ts'

const check = (label: string, current: string, from: string | undefined = 'FROM base:1'): string =>
  requireRuntime(
    { labels: { [RUNTIME_LABEL]: label }, from },
    { name: 'etl', id: 'cl1', astroRuntimeVersion: current },
    ['12.0.0', '3.0-1', '3.1-2'],
  )

test('too large a step to Airflow 3 is refused with both versions, the FROM line and the step between', async () => {
  const { code, problem, observed, fix } = await failureOf(() => check('3.1-2', '11.18.0'))
  expect(code).toBe('ASTRO-RUNTIME-AIRFLOW-3')
  expect(problem).toContain('the Deployment etl (cl1)')
  for (const word of ['11.18.0', '3.1-2', 'FROM base:1']) expect(observed).toContain(word)
  expect(fix).toContain('12.0.0')
  expect(check('3.1-2', '12.0.0')).toBe('3.1-2')
})

test.each([
  ['v3.1-2', '3.0-1'],
  ['3.1-2', 'v3.1-2'],
])('a runtime is named as Astro does, whatever the label: %s', (label, current) => {
  const version = check(label, current)
  expect([current, '3.1-2']).toContain(version)
  expect(version.replace('v', '')).toBe('3.1-2')
})
