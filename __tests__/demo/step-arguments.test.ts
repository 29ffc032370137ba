import { describe, expect, test } from '@jest/globals'
import { parseStep } from './step-arguments.ts'

describe('the arguments of npm run dev', () => {
  test.each([
    { args: [], inputs: {}, folder: undefined },
    { args: ['rollback'], inputs: { action: 'rollback' }, folder: undefined },
    { args: ['deploy', '--dry-run'], inputs: { action: 'deploy', 'dry-run': 'true' }, folder: undefined },
    {
      args: ['--dry-run', '--verify', 'warn'],
      inputs: { 'dry-run': 'true', verify: 'warn' },
      folder: undefined,
    },
    { args: ['--description=a=b\nc'], inputs: { description: 'a=b\nc' }, folder: undefined },
    { args: ['--folder', '../mine', '--wait', 'false'], inputs: { wait: 'false' }, folder: '../mine' },
  ])('$args', ({ args, inputs, folder }) => {
    expect(parseStep(args)).toEqual({ inputs, folder })
  })

  test('help is no step', () => {
    expect(parseStep(['deploy', '--help'])).toBeUndefined()
  })
})
