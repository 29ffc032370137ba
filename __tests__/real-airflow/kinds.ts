import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { runChecked } from '../bundle/ground.ts'
import { codeOf } from '../bundle/rules.ts'
import { writeTree } from '../bundle/tree.ts'
import type { LocalAstro } from '../local-astro/start.ts'
import { holdAzurite, startLocalAstro } from '../local-astro/start.ts'
import type { Pace, RunningAirflow } from './airflow-process.ts'
import { startAirflow } from './airflow-process.ts'
import type { Release } from './install.ts'
import { majorOf } from './install.ts'
import { serveWith } from './real-backend.ts'

/** Kinds of code on which the verdicts of versions and of paces differ, each deploy after the one before, against a real Airflow. */
export function testKindsOf(release: Release): void {
  const major = majorOf(release)
  const from = major === 3 ? 'airflow.sdk' : 'airflow'
  const operators = major === 3 ? 'airflow.providers.standard.operators' : 'airflow.operators'
  const dag = (id: string, rest = '', schedule = 'None'): string =>
    `from ${from} import DAG\nfrom datetime import datetime\n\nwith DAG("${id}", start_date=datetime(2024, 1, 1), schedule=${schedule}):\n    pass\n${rest}`
  /** It imports: only when it is to be stored, its timetable turns out to be nobody's. */
  const unserializable = (id: string): string =>
    `from airflow.timetables.simple import NullTimetable\n\nclass Mine(NullTimetable):\n    pass\n\n${dag(id, '', 'Mine()')}`
  const maybe = `import os\n${dag('x').split('\n')[0] ?? ''}\n\ndag = DAG("maybe") if os.environ.get("STAGE") == "prod" else None\n`
  const SERIALIZATION = [
    { file: 'dags/later.py', message: expect.stringContaining('not registered') as unknown },
  ]

  describe('parsing all the time', () => {
    const { deploy, remove } = usePlace(release, 'fast', major === 3)

    test('a DAG that is made under a condition is not waited for', async () => {
      const { errors } = await deploy({ 'dags/maybe.py': maybe, 'dags/later.py': dag('later') })
      expect(errors).toEqual([])
      await remove('dags/maybe.py')
    })

    test('what only serialization finds is red', async () => {
      const { code, places } = await deploy({ 'dags/later.py': unserializable('later') })
      expect(code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
      expect(places).toMatchObject(SERIALIZATION)
      await remove('dags/later.py')
    })

    test('an error points at what it names, where no frame is in the file', async () => {
      const bad = [
        ['kwargs', dag('kwargs', `from ${operators}.python import PythonOperator\nPythonOperator(\n    task_id="t",\n    python_callable=print,\n    bogus=1,\n)\n`), 10],
        ['key', dag('key', `from ${operators}.python import PythonOperator\nPythonOperator(task_id="two words", python_callable=print)\n`), 7],
        ['variable', dag('variable', `from ${major === 3 ? from : 'airflow.models'} import Variable\nVariable.get("missing")\n`), 7],
      ] as const // prettier-ignore
      const { places } = await deploy(Object.fromEntries(bad.map(([id, text]) => [`dags/${id}.py`, text])))
      const expected = bad.map(([id, , line]) => [`dags/${id}.py`, line])
      expect(places.map(({ file, line }) => [file, line])).toEqual(expected.toSorted())
      for (const [id] of bad) await remove(`dags/${id}.py`)
    })

    test('the same words about another line are another error', async () => {
      const broken = await deploy({ 'dags/syntax.py': `${dag('s')}x = = 1\n` }, { verify: 'warn' })
      expect(broken.places).toMatchObject([{ level: 'warning', line: 6 }])
      const other = await deploy({ 'dags/syntax.py': `y = = 1\n${dag('s')}` })
      expect([other.code, other.places[0]?.line]).toEqual(['ASTRO-VERIFY-IMPORT-ERRORS', 1])
      await remove('dags/syntax.py')
    })

    test('a file that failed before fails in another way when what it reads changes', async () => {
      const factory = `import json\nfrom pathlib import Path\n${dag('factory')}for file in sorted(Path(__file__).parent.glob("*.json")):\n    json.loads(file.read_text())["id"]\n`
      const broken = await deploy(
        { 'dags/factory.py': factory, 'dags/a.json': '{"id": }' },
        { verify: 'warn' },
      )
      expect(broken.places).toHaveLength(1)
      const other = await deploy({ 'dags/a.json': '{}' })
      expect(other.code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
      await remove('dags/factory.py')
    })

    test('a DAG ID that two files had before is told, not blamed', async () => {
      const first = await deploy({ 'dags/one.py': dag('twice'), 'dags/two.py': dag('twice') })
      expect([first.code, first.places.length]).toEqual(['ASTRO-VERIFY-IMPORT-ERRORS', 2])
      const next = await deploy({ 'dags/new.py': dag('new') })
      expect(next.errors).toEqual([])
      expect(next.notices.join()).toContain('dags/one.py, dags/two.py')
    })
  })

  describe('parsing as on Astro, every half a minute,', () => {
    const { deploy } = usePlace(release, 'astro')

    test('what only serialization finds is red, however soon after the last deploy, and nothing is asked too often', async () => {
      const first = await deploy({ 'dags/later.py': dag('later') })
      expect(first.errors).toEqual([])
      const { code, places, perSecond } = await deploy({ 'dags/later.py': unserializable('later') })
      expect(code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
      expect(places).toMatchObject(SERIALIZATION)
      expect(Math.max(first.perSecond, perSecond)).toBeLessThanOrEqual(5)
    })
  })
}

/** An Airflow and a repository for all tests of a block. */
function usePlace(release: Release, pace: Pace, isVersioned = false) {
  const place = {} as { airflow: RunningAirflow; astro: LocalAstro; deploymentId: string; workspace: string }
  let releaseAzurite: (() => Promise<void>) | undefined

  beforeAll(async () => {
    releaseAzurite = await holdAzurite()
    const airflow = await startAirflow(release, pace, isVersioned)
    const astro = await startLocalAstro()
    const fixture = airflow.major === 3 ? 'etl' : 'airflow-2'
    const { id } = astro.deployments.create({ fixture, airflowVersion: airflow.version })
    astro.airflow.use(id, serveWith(airflow))
    const workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'))
    Object.assign(place, { airflow, astro, deploymentId: id, workspace })
    await writeTree(workspace, {
      'dags/example.py': 'from airflow import DAG\n\nwith DAG("example", schedule=None):\n    pass\n',
    })
  })
  afterAll(async () => {
    await place.astro.stop()
    await place.airflow.stop()
    await rm(place.workspace, { recursive: true, force: true })
    await releaseAzurite?.()
  })

  return {
    deploy: async (
      files: Readonly<Record<string, string>>,
      inputs: Readonly<Record<string, string>> = {},
    ) => {
      const { astro, deploymentId, workspace } = place
      await writeTree(workspace, files)
      const before = astro.requests.length
      const result = await runChecked(astro, {
        workspace,
        inputs: {
          ...{ 'api-token': astro.tokens.workspace, 'deployment-id': deploymentId },
          ...{ 'deploy-type': 'dags-only', 'wait-time': '3m', ...inputs },
        },
      })
      const times = astro.requests.slice(before).flatMap(({ step, at }) => (step === 'airflow' ? [at] : []))
      const within = times.map((at) => times.filter((other) => other >= at && other < at + 1_000).length)
      return { ...result, code: codeOf(result.errors[0] ?? ''), perSecond: Math.max(...within) }
    },
    remove: (file: string) => rm(path.join(place.workspace, file), { force: true }),
  }
}
