import { expect, test } from '@jest/globals'
import { allocate, owned, release } from '../../src/project/memory.ts'

test('what was allocated is given back, with every view of it', () => {
  const buffer = allocate(1000)
  const view = Buffer.from(buffer.buffer)
  release(view)
  expect([buffer.length, view.length]).toEqual([0, 0])
})

test('what was marked as owned is given back', () => {
  const buffer = owned(Buffer.allocUnsafeSlow(1000))
  release(buffer)
  expect(buffer.length).toBe(0)
})

test('other memory is left alone, such as a part of the pool that Node shares out', () => {
  const buffer = Buffer.from('text')
  release(buffer)
  expect(buffer.toString()).toBe('text')
})

test('it is given back once', () => {
  const buffer = allocate(1000)
  release(buffer)
  expect(() => release(buffer)).not.toThrow()
})
