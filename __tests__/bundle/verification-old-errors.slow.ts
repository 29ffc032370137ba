import { describe, expect, test } from '@jest/globals'
import { brokenDag, deployDags, deploymentOf, goodDag } from './dag-ground.ts'
import { useGround } from './ground.ts'

const ground = useGround({ uploads: true })

describe.each([3, 2])('Airflow %i', (major) => {
  test('an old error elsewhere does not fail a deploy; a changed one does; a fix is green', async () => {
    const id = deploymentOf(ground, major)
    const deploy = (files: Record<string, string>, inputs = {}) => deployDags(ground, id, files, inputs)
    const first = await deploy({ 'dags/old.py': brokenDag() }, { verify: 'warn' })
    expect([first.exitCode, first.places[0]?.level]).toEqual([0, 'warning'])
    expect(first.warnings.join()).toContain('ASTRO-VERIFY-IMPORT-ERRORS')

    const second = await deploy({ 'dags/new.py': goodDag('new') })
    expect([second.exitCode, second.outputs['import-errors'], second.places]).toEqual([0, '1', []])
    expect(second.notices.join()).toContain('dags/old.py')
    expect(second.summary).toContain('was there before')

    const other = brokenDag("raises ModuleNotFoundError: No module named 'other'")
    const third = await deploy({ 'dags/old.py': other })
    expect(third.code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')

    const fixed = await deploy({ 'dags/old.py': goodDag('mended') })
    expect([fixed.exitCode, fixed.outputs['import-errors']]).toEqual([0, '0'])
  })
})
