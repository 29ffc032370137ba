import { describe, expect, test } from '@jest/globals'
import { falseAftermath } from '../flow/aftermath.ts'
import type { Fault, LocalAstro } from '../local-astro/start.ts'
import { brokenDag, goodDag } from './dag-ground.ts'
import { codeOf } from './rules.ts'
import type { Scene } from './side-by-side.ts'
import { playOnBothMajors } from './side-by-side.ts'

type Tree = Readonly<Record<string, string>>

const KEPT = { 'dags/kept.py': goodDag('kept') }
const GOOD = { ...KEPT, 'dags/back.py': goodDag('back') }
const BROKEN = { ...KEPT, 'dags/bad.py': brokenDag() }
const NEWER = { ...KEPT, 'dags/left.py': goodDag('left') }

/** A rollback by hand from the second of these deploys to the first. */
const rollback = (
  [to, from]: readonly [Tree, Tree],
  inputs: Readonly<Record<string, string>> = {},
  arrange: (astro: LocalAstro) => void = () => undefined,
): Scene => ({
  earlier: [to, from],
  inputs: { action: 'rollback', 'wait-time': '2m', ...inputs },
  arrange,
})

/** An Airflow with this fault until the rollback is asked for. */
const untilThen = (fault: Fault): Scene => ({
  ...rollback([GOOD, NEWER], {}, ({ faults }) => faults.add({ ...fault, step: 'airflow' })),
  onOutput(stdout, { faults }) {
    if (stdout.includes('::group::Roll back')) faults.clear()
  },
})

const SCENES: Readonly<Record<string, Scene>> = {
  'from broken code': rollback([GOOD, { ...NEWER, 'dags/bad.py': brokenDag() }]),
  'to broken code': rollback([BROKEN, NEWER]),
  'to broken code, with a warning': rollback([BROKEN, NEWER], { verify: 'warn' }),
  'from code that was broken alike': rollback([BROKEN, { ...NEWER, 'dags/bad.py': brokenDag() }]),
  'that does not ask Airflow': rollback([BROKEN, NEWER], { verify: 'false' }),
  'of a token that Airflow refuses': rollback([GOOD, NEWER], {}, ({ faults }) =>
    faults.add({ fault: 'status', status: 403, step: 'airflow' }),
  ),
  'over before a minute is': rollback([GOOD, NEWER], { 'wait-time': '45s' }),
  'of an Airflow that is not itself before it': untilThen({ fault: 'html' }),
  'that Airflow never parses': rollback([GOOD, NEWER], { 'wait-time': '8s' }, (astro) =>
    astro.airflow.standIn(astro.deploymentId).stopParsing(300_000),
  ),
  'of an Airflow that is down before it': untilThen({ fault: 'status', status: 503 }),
}
const play = playOnBothMajors(SCENES)

describe.each([3, 2] as const)('Airflow %i, a rollback', (major) => {
  async function played(name: string) {
    const { astro, result, before } = await play(major, name)
    const [message = ''] = result.errors
    return {
      ...{ astro, result, message, code: codeOf(message), outputs: result.outputs },
      asked: astro.requests.filter(({ step }) => step === 'rollback').length,
      untrue: message === '' ? undefined : falseAftermath(message, astro, astro.deploymentId, before),
    }
  }

  test('from broken code is green when Airflow has imported what came back', async () => {
    const { result, outputs, asked } = await played('from broken code')
    expect([result.errors, result.exitCode, asked]).toEqual([[], 0, 1])
    expect(outputs).toMatchObject({ 'rolled-back': 'true', 'import-errors': '0' })
    expect(result.stdout).toContain('Airflow has imported the earlier code.')
    expect(result.stdout).toContain('New DAG: back')
    expect(result.warnings).toEqual([expect.stringContaining('1 DAG of before is gone with this rollback: left.')])
    expect(result.notices).toEqual([])
    expect(result.summary).toMatch(/^### Rolled back etl\n/)
  }) // prettier-ignore

  test('to broken code is red, live, and points at no file: another commit is checked out', async () => {
    const { code, message, outputs, result, asked, untrue } = await played('to broken code')
    expect([code, asked, untrue, result.exitCode]).toEqual(['ASTRO-VERIFY-IMPORT-ERRORS', 1, undefined, 1])
    expect(message).toContain('The earlier code runs again, but 1 import error came with it.')
    expect(message).toContain("bad.py: ModuleNotFoundError: No module named 'nope'")
    expect(message).toContain('Return to another deploy with `deploy-id`')
    expect(outputs).toMatchObject({ 'rolled-back': 'true', 'import-errors': '1' })
    expect(result.places).toEqual([])
  })

  test('to broken code warns when `verify` says so', async () => {
    const { result, outputs } = await played('to broken code, with a warning')
    expect([result.exitCode, outputs['import-errors']]).toEqual([0, '1'])
    expect(result.warnings.join('\n')).toContain('[ASTRO-VERIFY-IMPORT-ERRORS]')
    expect(result.summary).toMatch(/^### Rolled back etl \(not proved by Airflow\)\n/)
  })

  test('from code that was broken alike is green, and tells it', async () => {
    const { result, outputs } = await played('from code that was broken alike')
    expect([result.errors, outputs['import-errors']]).toEqual([[], '1'])
    expect(result.notices).toEqual([expect.stringContaining('1 DAG file did not import before this rollback and still does not')]) // prettier-ignore
  })

  test('that does not ask Airflow says so', async () => {
    const { astro, result } = await played('that does not ask Airflow')
    expect([result.exitCode, astro.requests.filter(({ step }) => step === 'airflow')]).toEqual([0, []])
    expect(result.summary).toMatch(/^### Rolled back etl \(not proved by Airflow\)\n/)
  })

  test('of a token that Airflow refuses is refused before anything is written', async () => {
    const { code, message, asked, outputs } = await played('of a token that Airflow refuses')
    expect([code, asked, outputs['rolled-back']]).toEqual(['ASTRO-AIRFLOW-FORBIDDEN', 0, 'false'])
    expect(message).toContain('Nothing was changed on Astro.')
  })

  test('whose time is over before it is known what fails is live, and not green', async () => {
    const { code, message, outputs } = await played('over before a minute is')
    expect([code, outputs['rolled-back']]).toEqual(['ASTRO-VERIFY-NOT-PARSED', 'true'])
    expect(message).toContain('before Airflow had parsed enough to say that what came back imports')
  })

  test('that Airflow never parses is live, and not green', async () => {
    const { code, message, outputs, untrue } = await played('that Airflow never parses')
    expect([code, outputs['rolled-back'], untrue]).toEqual(['ASTRO-VERIFY-NOT-PARSED', 'true', undefined])
    expect(message).toContain('is down: Airflow calls it unhealthy')
  })

  test.each(['down', 'not itself'])(
    'of an Airflow that is %s before it is not kept by that, and proved by what comes up',
    async (how) => {
      const { result, outputs } = await played(`of an Airflow that is ${how} before it`)
      expect([result.errors, outputs['import-errors'], outputs['rolled-back']]).toEqual([[], '0', 'true'])
      expect(result.warnings).toEqual([
        expect.stringContaining('What Airflow showed before could not be read'),
      ])
    },
  )
})
