import { expect, jest, test } from '@jest/globals'
import { createLog } from '../../src/report/log.ts'

test('GitHub shows ten annotations of a level: some are left for the step itself, and further places are lines', () => {
  let stdout = ''
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  try {
    const log = createLog((text) => text.replaceAll('hunter2', '***'))
    for (let line = 1; line <= 60; line++) {
      log.errorAt({ file: 'tests/a.py', line, title: `test_${line} failed` }, `assert ${line}, hunter2`)
      log.warningAt({ file: 'dags/a.py', line: undefined, title: 'DAG import error' }, `no ${line}`)
    }
  } finally {
    write.mockRestore()
  }
  const annotated = (level: string): number => stdout.match(new RegExp(`^::${level} `, 'gm'))?.length ?? 0
  expect([annotated('error'), annotated('warning')]).toEqual([9, 6])
  expect(stdout).toContain('\ntests/a.py:60: test_60 failed: assert 60, ***\n')
  expect(stdout).toContain('\ndags/a.py: DAG import error: no 60\n')
})
