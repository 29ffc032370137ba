import { expect, test } from '@jest/globals'
import { readInputs } from '../../src/inputs.ts'
import { failureOf } from '../make/failure.ts'

function read(given: Record<string, string>) {
  const input = (name: string): string => ({ 'api-token': 'token', ...given })[name] ?? ''
  return readInputs(() => undefined, { input, env: {} })
}

test('a DAG to run is read with its configuration', () => {
  const { inputs, warnings } = read({
    'run-dag': ' team.smoke-1 ',
    'run-dag-conf': '{"rows": [1]}',
    'run-dag-timeout': '90s',
    'run-dag-unpause': 'true',
  })
  expect(warnings).toEqual([])
  expect(inputs.runDag).toEqual({
    dagId: 'team.smoke-1',
    conf: { rows: [1] },
    timeoutMs: 90_000,
    unpause: true,
  })
})

test('its defaults', () => {
  expect(read({ 'run-dag': 'smoke' }).inputs.runDag).toEqual({
    dagId: 'smoke',
    conf: {},
    timeoutMs: 600_000,
    unpause: false,
  })
})

test.each([
  [{ 'run-dag': 'dags/smoke.py' }, 'ASTRO-INPUT-RUN-DAG', 'not the ID of a DAG'],
  [{ 'run-dag': 'one, two' }, 'ASTRO-INPUT-RUN-DAG', 'not the ID of a DAG'],
  [{ 'run-dag': 'x'.repeat(251) }, 'ASTRO-INPUT-RUN-DAG', 'not the ID of a DAG'],
  [{ 'run-dag': 'smoke', wait: 'false' }, 'ASTRO-INPUT-RUN-DAG', '`wait` is false'],
  [{ 'run-dag': 'smoke', verify: 'false' }, 'ASTRO-INPUT-RUN-DAG', '`verify` is false'],
  [{ 'run-dag': 'smoke', 'run-dag-conf': 'no json' }, 'ASTRO-INPUT-JSON', 'run-dag-conf: it is not JSON'],
  [{ 'run-dag': 'smoke', 'run-dag-conf': '[1]' }, 'ASTRO-INPUT-JSON', 'not an object'],
  [{ 'run-dag': 'smoke', 'run-dag-conf': '"x"' }, 'ASTRO-INPUT-JSON', 'not an object'],
  [{ 'run-dag': 'smoke', 'run-dag-timeout': 'soon' }, 'ASTRO-INPUT-DURATION', 'run-dag-timeout'],
  [{ 'run-dag-unpause': 'yes' }, 'ASTRO-INPUT-BOOLEAN', 'run-dag-unpause'],
])('%j is refused', async (given: Record<string, string>, code, words) => {
  const error = await failureOf(() => read(given))
  expect(error.code).toBe(code)
  expect(error.observed).toContain(words)
})

test.each([
  [{ 'run-dag': 'smoke', action: 'rollback', wait: 'false' }, 'run-dag', 'the action ships no code'],
  [{ 'run-dag': 'smoke', 'dry-run': 'true' }, 'run-dag', 'a dry run deploys nothing'],
  [{ 'run-dag-conf': '{"a": 1}' }, 'run-dag-conf', '`run-dag` is not given'],
])('%j has no effect', (given: Record<string, string>, input, why) => {
  expect(read(given).warnings).toContain(`The input \`${input}\` has no effect here: ${why}.`)
})
