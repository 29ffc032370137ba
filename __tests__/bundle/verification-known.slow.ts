import { describe, expect, test } from '@jest/globals'
import { deployDags, deploymentOf, goodDag } from './dag-ground.ts'
import { useGround } from './ground.ts'

const ground = useGround({ uploads: true })

describe.each([3, 2])('what was there before, with Airflow %i:', (major) => {
  test('the same words about another line are another error', async () => {
    const id = deploymentOf(ground, major)
    const bad = (line: string): Record<string, string> => ({
      'dags/bad.py': `from airflow import DAG\n${line}  # local-airflow: syntax-error\nDAG("x")\n`,
    })
    const first = await deployDags(ground, id, bad('def f(:'), { verify: 'warn' })
    expect(first.exitCode).toBe(0)
    const moved = await deployDags(ground, id, bad('# moved\n\ndef f(:'))
    expect([moved.exitCode, moved.outputs['import-errors']]).toEqual([0, '1'])
    const other = await deployDags(ground, id, bad('imp ort x'))
    expect(other.code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
    expect(other.places).toMatchObject([{ file: 'dags/bad.py', line: 2 }])
  })

  test('a DAG ID that two files had before is told, not blamed', async () => {
    const id = deploymentOf(ground, major)
    const twice = { 'dags/again.py': `\n${goodDag('example')}` }
    const first = await deployDags(ground, id, twice, { verify: 'warn' })
    expect([first.exitCode, first.places.length]).toEqual([0, 2])
    const next = await deployDags(ground, id, { 'dags/new.py': goodDag('new') })
    expect([next.exitCode, next.errors, next.places, next.outputs['import-errors']]).toEqual([0, [], [], '2'])
    expect(next.notices.join()).toContain('dags/again.py, dags/example.py')
    expect(next.summary).toContain('was there before')
  })
})
