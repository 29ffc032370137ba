import { describe, expect, test } from '@jest/globals'
import { airflowMajorOf, compareRuntimes, findRuntimeProblem } from '../../src/image/runtime-version.ts'

test.each<[string, string, number]>([
  ['3.1-2', '3.1-2', 0],
  ['3.1-1', '3.1-2', -1],
  ['3.1-10', '3.1-9', 1],
  ['3.0-9', '3.1-1', -1],
  ['13.2.0', '3.0-1', -1],
  ['12.1.0', '12.10.0', -1],
  ['v3.1-2', '3.1-2', 0],
  ['3.1-2-alpha1', '3.1-2', -1],
  ['3.1-2.beta.2', '3.1-2.beta.10', -1],
  ['12.0.0-rc1', '12.0.0', -1],
  ['nonsense', '4.0.0', -1],
  ['nonsense', 'rubbish', 0],
])('%s beside %s', (a, b, order) => {
  expect(Math.sign(compareRuntimes(a, b))).toBe(order)
  expect(Math.sign(compareRuntimes(b, a)) + order).toBe(0)
})

test.each<[string, number | undefined]>([
  ['3.1-2', 3],
  ['13.2.0', 2],
  ['4.2.1', 2],
  ['latest', undefined],
])('%s brings Airflow %s', (version, major) => {
  expect(airflowMajorOf(version)).toBe(major)
})

describe('an image', () => {
  const supported = ['11.18.0', '12.0.0', '13.2.0', '3.0-1', '3.1-2']
  test.each<[string, string | undefined, string, string | undefined]>([
    ['of the same runtime', '3.1-2', '3.1-2', undefined],
    ['of the same runtime, withdrawn', '3.1-7', '3.1-7', undefined],
    ['newer', '3.1-2', '3.0-1', undefined],
    ['for a Deployment that never ran', '3.1-2', '', undefined],
    ['of the same runtime, with a leading v', 'v3.1-7', '3.1-7', undefined],
    ['newer, with a leading v', 'v3.1-2', '3.0-1', undefined],
    ['older', '3.0-1', '3.1-2', 'downgrade'],
    ['of Airflow 2 on Airflow 3', '13.2.0', '3.0-1', 'downgrade'],
    ['not offered', '3.1-9', '3.1-2', 'unsupported'],
    ['without a label', undefined, '3.1-2', 'label-missing'],
    ['with an empty label', '', '3.1-2', 'label-missing'],
    ['of Airflow 3, from too old a runtime', '3.1-2', '11.18.0', 'airflow-3-jump'],
    ['of Airflow 3, from the oldest allowed', '3.1-2', '12.0.0', undefined],
  ])('%s', (_, label, current, problem) => {
    expect(findRuntimeProblem({ label, current, supported })).toBe(problem)
  })
})
