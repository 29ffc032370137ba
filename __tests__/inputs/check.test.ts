import { expect, test } from '@jest/globals'
import { readInputs } from '../../src/inputs.ts'
import { failureOf } from '../make/failure.ts'

function read(given: Record<string, string>) {
  const hidden: string[] = []
  const source = { input: (name: string) => given[name] ?? '', env: {} }
  return { ...readInputs((value) => hidden.push(value), source), hidden }
}
const TOKEN = { 'api-token': 'a-token' }

test('action: check needs no credential, and hides one that it gets', () => {
  expect(read({ action: 'check' })).toMatchObject({
    inputs: { check: 'fail', credentials: undefined },
    warnings: [],
  })
  expect(read({ action: 'check', 'key-id': 'half' })).toMatchObject({ warnings: [] })
  expect(read({ action: 'check', ...TOKEN }).hidden).toContain('a-token')
})

test.each([
  ['true', 'fail'],
  ['WARN', 'warn'],
  ['false', 'no'],
])('check: %s', (check, wish) => expect(read({ ...TOKEN, check }).inputs.check).toBe(wish))

test('check: false means nothing with action: check', () => {
  const { inputs, warnings } = read({ action: 'check', check: 'false' })
  expect(inputs.check).toBe('fail')
  expect(warnings).toEqual([expect.stringContaining('`check` has no effect')])
})

test('values that cannot be', async () => {
  const { observed } = await failureOf(() =>
    read({ ...TOKEN, check: 'yes', 'check-airflow': '4', 'check-sarif': '../x.sarif' }),
  )
  expect(observed).toContain('- check: "yes" is not one of true, warn, false')
  expect(observed).toContain('- check-airflow: "4" is not one of 2, 3')
  expect(observed).toContain('- check-sarif: "../x.sarif" leaves the workspace')
})

test.each([
  [{ ...TOKEN, check: 'false', 'check-sarif': 'x' }, '`check` is false'],
  [{ ...TOKEN, action: 'rollback', check: 'warn' }, 'ships no code'],
  [{ action: 'check', 'dry-run': 'true' }, '`check` changes nothing'],
  [{ action: 'check', pytest: 'true' }, 'ships no code'],
])('%j has no effect', (given, why) => expect(read(given).warnings).toEqual([expect.stringContaining(why)]))

test('what is read is as for a deploy', () => {
  const given = { 'root-folder': 'a', 'dags-path': 'b', 'deploy-type': 'dags-only', 'check-airflow': '3' }
  const { inputs, warnings } = read({ action: 'check', ...given })
  expect(warnings).toEqual([])
  expect(inputs).toMatchObject({ rootFolder: 'a', dagsPath: 'b', deployType: 'dags-only', checkAirflow: 3 })
})
