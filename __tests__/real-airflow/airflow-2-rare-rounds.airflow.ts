import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { useGround } from '../bundle/ground.ts'
import { codeOf } from '../bundle/rules.ts'
import { writeTree } from '../bundle/tree.ts'
import type { RunningAirflow } from './airflow-process.ts'
import { startAirflow } from './airflow-process.ts'
import { serveWith } from './real-backend.ts'

/** An Airflow 2 that looks at a file again only after ten minutes, unless it changes or somebody asks for it. */
const PARSE_EVERY_SECONDS = 600

const ground = useGround({ uploads: true })
let airflow: RunningAirflow

beforeAll(async () => {
  airflow = await startAirflow(2, PARSE_EVERY_SECONDS)
})
afterAll(() => airflow.stop())

test('Airflow 2 parses what it is asked for: each verdict comes minutes before its next round', async () => {
  const { astro } = ground
  const deploymentId = astro.deployments.create({ fixture: 'airflow-2', airflowVersion: '2.11.2' }).id
  astro.airflow.use(deploymentId, serveWith(airflow))
  const asked = (): number => astro.requests.filter(({ path }) => path.includes('/parseDagFile/')).length
  const deploy = async (files: Record<string, string>) => {
    const earlier = asked()
    await writeTree(ground.workspace, files)
    const { errors, places } = await ground.run({
      inputs: {
        ...{ 'api-token': astro.tokens.workspace, 'deployment-id': deploymentId },
        ...{ 'deploy-type': 'dags-only', 'wait-time': '90s' },
      },
    })
    expect(asked()).toBeGreaterThan(earlier)
    return { code: codeOf(errors[0] ?? ''), places }
  }

  const user =
    'from lib.helper import VALUE\nfrom airflow import DAG\n\nwith DAG("example", schedule=None):\n    pass\n'
  const helper = { 'dags/lib/__init__.py': '', 'dags/lib/helper.py': 'VALUE = 1\n' }
  expect((await deploy({ ...helper, 'dags/example.py': user })).code).toBeUndefined()

  const broken = await deploy({ 'dags/lib/helper.py': 'VALUE = 1\n\nVALUE / 0\n' })
  expect(broken.code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
  expect(broken.places).toMatchObject([{ file: 'dags/lib/helper.py', line: 3 }])
  expect((await deploy({ 'dags/lib/helper.py': 'VALUE = 22\n' })).code).toBeUndefined()
})
