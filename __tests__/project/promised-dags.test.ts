import { describe, expect, test } from '@jest/globals'
import { monitoringDag } from '../../src/project/monitoring-dag.ts'
import { withGenerated } from '../../src/project/promised-dags.ts'

describe('a file that is only in the archive', () => {
  const own = { path: 'a.py', promise: { kind: 'possible', ids: [] }, fingerprint: 'f' } as const
  const folder = { files: [own], all: new Set(['a.py', 'notes.txt']) }

  test.each([2, 3])('is one that Airflow %i is to parse', (major) => {
    const { files, all } = withGenerated(folder, [monitoringDag(major)])
    expect([...all]).toEqual(['a.py', 'notes.txt', 'astronomer_monitoring_dag.py'])
    expect(files).toMatchObject([
      own,
      {
        path: 'astronomer_monitoring_dag.py',
        promise: { kind: 'promised', ids: [{ id: 'astronomer_monitoring_dag' }] },
      },
    ])
  })

  test('takes the place of one of the same name', () => {
    const { files } = withGenerated(folder, [
      { path: 'dags/a.py', content: 'from airflow import DAG\nDAG("x")\n' },
    ])
    expect(files).toMatchObject([{ path: 'a.py', promise: { kind: 'promised' } }])
  })
})
