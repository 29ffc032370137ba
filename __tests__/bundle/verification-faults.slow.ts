import { describe, expect, test } from '@jest/globals'
import type { FaultRule } from '../local-astro/start.ts'
import { goodDag } from './dag-ground.ts'
import { codeOf } from './rules.ts'
import type { Scene } from './side-by-side.ts'
import { playOnBothMajors } from './side-by-side.ts'

const LOGIN = { fault: 'status', status: 302, headers: { location: 'https://login.test/' } } as const
const ROW = { import_error_id: 1, filename: 'a.py', timestamp: '2026-01-01T00:00:00Z', stack_trace: 'x' }
const FORBIDDEN = { fault: 'status', status: 403 } as const

/** Faults for ever, and how a deploy ends when Airflow has them from the beginning, or only after the deploy. */
const ENDLESS: Readonly<Record<string, { rule: FaultRule; code: string; words: string }>> = {
  'no rights': { rule: FORBIDDEN, code: 'ASTRO-AIRFLOW-FORBIDDEN', words: 'HTTP 403' },
  'HTML with 200': {
    rule: { fault: 'html', status: 200 },
    code: 'ASTRO-AIRFLOW-ANSWER',
    words: 'a web page, not JSON',
  },
  '302 to a login page': { rule: LOGIN, code: 'ASTRO-AIRFLOW-REDIRECTED', words: 'to login.test' },
  '401 for good': {
    rule: { fault: 'status', status: 401 },
    code: 'ASTRO-AIRFLOW-UNAUTHORIZED',
    words: 'HTTP 401',
  },
  'pages of DAGs without an end': {
    rule: {
      fault: 'status',
      status: 200,
      body: { dags: [{ dag_id: 'a', fileloc: '/x/a.py' }] },
      path: /dags$/,
    },
    code: 'ASTRO-AIRFLOW-ANSWER',
    words: 'did not end within 200 pages',
  },
  'pages of import errors without an end': {
    rule: { fault: 'status', status: 200, body: { import_errors: [ROW], total_entries: 1 }, path: /Errors$/ },
    code: 'ASTRO-AIRFLOW-ANSWER',
    words: 'did not end within 200 pages',
  },
}
/** Those that may pass are waited for. */
const OUTAGES: Readonly<Record<string, { rule: FaultRule; words: string }>> = {
  '503 for good': { rule: { fault: 'status', status: 503 }, words: 'HTTP 503' },
  'truncated JSON for good': { rule: { fault: 'truncated', how: 'json' }, words: 'not complete JSON' },
}

const deploy = (rules: readonly FaultRule[], inputs: Record<string, string> = {}): Scene => ({
  files: { 'dags/example.py': goodDag('example') },
  inputs: { 'wait-time': '10m', ...inputs },
  arrange({ faults }) {
    for (const rule of rules) faults.add({ step: 'airflow', ...rule })
  },
})
const after = (rule: FaultRule): FaultRule => ({ ...rule, afterStep: 'finalize' })
const passing = (rule: FaultRule): FaultRule => after({ ...rule, times: 1 })

const SCENES: Readonly<Record<string, Scene>> = {
  ...Object.fromEntries(
    Object.entries(ENDLESS).flatMap(([name, { rule }]) => [
      [name, deploy([rule])],
      [`${name}, after the deploy`, deploy([after(rule)])],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(OUTAGES).map(([name, { rule }]) => [name, deploy([after(rule)], { 'wait-time': '10s' })]),
  ),
  'each once': deploy([
    { fault: 'truncated', how: 'json', times: 1 },
    passing({ fault: 'html', status: 200 }),
    passing(LOGIN),
    passing({ fault: 'status', status: 503 }),
    passing({ fault: 'status', status: 502 }),
    passing({ fault: 'html', status: 404 }),
    passing({ fault: 'truncated', how: 'length' }),
  ]),
  '401 in the middle': deploy([passing({ fault: 'status', status: 401 })]),
  'no rights, with `verify: warn`': deploy([FORBIDDEN], { verify: 'warn' }),
  'no rights, with `verify: false`': deploy([FORBIDDEN], { verify: 'false' }),
  'down before the deploy': deploy([{ fault: 'status', status: 503, times: 10 }]),
}
const play = playOnBothMajors(SCENES)

describe.each([3, 2] as const)('Airflow %i', (major) => {
  async function played(name: string) {
    const { astro, result } = await play(major, name)
    const [message = ''] = result.errors
    return { astro, result, message, code: codeOf(message) }
  }

  test.each(Object.entries(ENDLESS))(
    '%s stops the step before anything is written',
    async (name, expected) => {
      const { astro, message, code } = await played(name)
      expect(code).toBe(expected.code)
      expect(message).toContain(expected.words)
      expect(message).toContain(
        'With `verify: warn` this is a warning, and with `verify: false` Airflow is not asked.',
      )
      const writes = astro.requests.filter(({ method, step }) => method !== 'GET' && step !== 'token')
      expect(writes).toEqual([])
    },
  )

  test.each([
    ...Object.entries(ENDLESS).map(([name, end]) => [`${name}, after the deploy`, end] as const),
    ...Object.entries(OUTAGES).map(
      ([name, end]) => [name, { ...end, code: 'ASTRO-VERIFY-TIMEOUT' }] as const,
    ),
  ])('%s: the code is live, and not proved', async (name, expected) => {
    const { message, code } = await played(name)
    expect(code).toBe(expected.code)
    expect(message).toContain(expected.words)
    expect(message).toContain('With `verify: warn` this is a warning')
    expect(message).toMatch(/The deploy \S+ is live\./)
  })

  test('HTML, a login page, 503, 502, the page of an ingress and truncated JSON pass when they end', async () => {
    const { message, astro } = await played('each once')
    expect(message).toBe('')
    expect(astro.requests.filter(({ fault }) => fault !== undefined)).toHaveLength(7)
  })

  test('401 in the middle gets another token', async () => {
    const { message, astro } = await played('401 in the middle')
    expect(message).toBe('')
    expect(astro.requests.filter(({ step }) => step === 'token')).toHaveLength(2)
  })

  test('no rights are a warning with `verify: warn`, and no matter with `verify: false`', async () => {
    const warned = (await played('no rights, with `verify: warn`')).result
    expect([warned.exitCode, warned.warnings.join().includes('ASTRO-AIRFLOW-FORBIDDEN')]).toEqual([0, true])
    expect(warned.summary).toContain('not proved by Airflow')
    const quiet = (await played('no rights, with `verify: false`')).result
    expect([quiet.exitCode, quiet.warnings]).toEqual([0, []])
  })

  test('down before the deploy: that nobody knows which errors are old is told', async () => {
    const { exitCode, warnings, summary } = (await played('down before the deploy')).result
    expect([exitCode, warnings]).toEqual([
      0,
      [expect.stringContaining('could not be read, so each import error will count as a new one')],
    ])
    expect(summary).not.toContain('DAGs that appeared')
  })
})
