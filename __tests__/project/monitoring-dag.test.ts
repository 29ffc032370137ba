import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { monitoringDag } from '../../src/project/monitoring-dag.ts'
import { makeFolder } from '../make/folder.ts'
import { runPython } from '../make/python.ts'

/** Stands where Airflow's module does, and notes what it is called with. */
const recorder = (name: string): string => `
import builtins
seen = builtins.__dict__.setdefault("seen", {})
class ${name}:
    def __init__(self, **given):
        seen.setdefault("${name}", []).append({key: str(value) for key, value in given.items()})
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
`
const RUN = `
import builtins, json, runpy, sys
sys.path.insert(0, sys.argv[1])
runpy.run_path(sys.argv[2])
json.dump(builtins.seen, sys.stdout)
`

/** Only what that major of Airflow has: an import of anything else fails. */
const MODULES: Record<number, Record<string, string>> = {
  2: {
    'airflow/__init__.py': recorder('DAG'),
    'airflow/operators/__init__.py': '',
    'airflow/operators/bash.py': recorder('BashOperator'),
  },
  3: {
    'airflow/__init__.py': '',
    'airflow/sdk.py': recorder('DAG'),
    'airflow/providers/standard/operators/bash.py': recorder('BashOperator'),
  },
}

type Seen = { DAG: Record<string, string>[]; BashOperator: Record<string, string>[] }

function load(airflowMajor: number, env: NodeJS.ProcessEnv = {}): Seen {
  const folder = makeFolder(MODULES[airflowMajor])
  const file = path.join(folder, 'dag.py')
  writeFileSync(file, monitoringDag(airflowMajor).content)
  return runPython(RUN, { args: [folder, file], env }) as Seen
}

describe.each([
  [2, 'schedule_interval'],
  [3, 'schedule'],
])('for Airflow %i', (airflowMajor, schedule) => {
  test('one DAG every five minutes with one task before all others', () => {
    const { DAG, BashOperator } = load(airflowMajor, { AIRFLOW_MONITORING_DAG_SCHEDULE_INTERVAL: undefined })
    expect(DAG).toHaveLength(1)
    expect(DAG[0]).toMatchObject({
      dag_id: 'astronomer_monitoring_dag',
      [schedule]: '*/5 * * * *',
      catchup: 'False',
      default_args: expect.stringContaining("'retries': 0"),
    })
    expect(BashOperator).toHaveLength(1)
    expect(BashOperator[0]).toMatchObject({
      bash_command: expect.stringMatching(/^echo /),
      priority_weight: String(2 ** 31 - 1),
    })
  })

  test('as often as the Deployment says', () => {
    const { DAG } = load(airflowMajor, { AIRFLOW_MONITORING_DAG_SCHEDULE_INTERVAL: '@hourly' })
    expect(DAG[0]?.[schedule]).toBe('@hourly')
  })

  test('under the name that Astro knows', () => {
    expect(monitoringDag(airflowMajor).path).toBe('dags/astronomer_monitoring_dag.py')
  })
})
