import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { useGround } from '../bundle/ground.ts'
import { codeOf } from '../bundle/rules.ts'
import { writeTree } from '../bundle/tree.ts'
import type { RunningAirflow } from './airflow-process.ts'
import { startAirflow } from './airflow-process.ts'
import type { Release } from './install.ts'
import { majorOf } from './install.ts'
import { serveWith } from './real-backend.ts'

/** Against a real Airflow that looks at a file again only after ten minutes, unless it changes or somebody asks for it. */
export function testRareRoundsOf(release: Release): void {
  const major = majorOf(release)
  const ground = useGround({ uploads: true })
  let airflow: RunningAirflow

  beforeAll(async () => {
    airflow = await startAirflow(release, 'rare')
  })
  afterAll(() => airflow.stop())

  test('Airflow parses what it is asked for: each verdict comes minutes before its next round', async () => {
    const { astro } = ground
    const deploymentId = astro.deployments.create({
      fixture: major === 3 ? 'etl' : 'airflow-2',
      airflowVersion: airflow.version,
    }).id
    astro.airflow.use(deploymentId, serveWith(airflow))
    const asked = (): number => astro.requests.filter(({ path }) => path.includes('/parseDagFile/')).length
    const deploy = async (files: Record<string, string>) => {
      await writeTree(ground.workspace, files)
      const { errors, places } = await ground.run({
        inputs: {
          ...{ 'api-token': astro.tokens.workspace, 'deployment-id': deploymentId },
          ...{ 'deploy-type': 'dags-only', 'wait-time': '90s' },
        },
      })
      return { code: codeOf(errors[0] ?? ''), places }
    }

    const from = major === 3 ? 'airflow.sdk' : 'airflow'
    const user = `from lib.helper import VALUE\nfrom ${from} import DAG\n\nwith DAG("example", schedule=None):\n    pass\n`
    const helper = { 'dags/lib/__init__.py': '', 'dags/lib/helper.py': 'VALUE = 1\n' }
    expect((await deploy({ ...helper, 'dags/example.py': user })).code).toBeUndefined()

    const broken = await deploy({ 'dags/lib/helper.py': 'VALUE = 1\n\nVALUE / 0\n' })
    expect(broken.code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
    expect(broken.places).toMatchObject([{ file: 'dags/lib/helper.py', line: 3 }])
    expect((await deploy({ 'dags/lib/helper.py': 'VALUE = 22\n' })).code).toBeUndefined()
    expect(asked()).toBeGreaterThan(0)
  })
}
