import { existsSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { expect, test } from '@jest/globals'
import { withScratch } from '../src/scratch.ts'
import { failureOf } from './make/failure.ts'
import { makeFolder } from './make/folder.ts'

test('a folder of its own is there for the work, and gone after it', async () => {
  const place = makeFolder({})
  const seen = await withScratch({ RUNNER_TEMP: place }, async (folder) => {
    await writeFile(path.join(folder, 'a'), 'a')
    return folder
  })
  expect(path.dirname(seen)).toBe(place)
  expect(existsSync(seen)).toBe(false)
})

test('it is gone when the work fails, and the failure is the work’s', async () => {
  let seen = ''
  const failing = withScratch({}, (folder) => {
    seen = folder
    return Promise.reject(new RangeError('of the work'))
  })
  await expect(failing).rejects.toThrow('of the work')
  expect(existsSync(seen)).toBe(false)
})

test.each(['/nowhere', '/dev/null'])('RUNNER_TEMP is %s: told as the runner’s problem', async (place) => {
  const error = await failureOf(() => withScratch({ RUNNER_TEMP: place }, () => Promise.resolve()))
  expect(error.code).toBe('ASTRO-RUNNER-TEMP')
  expect(error.observed).toContain(place)
})

test('a disk that is full is told as the runner’s problem, though the write does not name its file', async () => {
  const error = await failureOf(() =>
    withScratch({}, async () => {
      const full = await open('/dev/full', 'w')
      await full.writeFile('x').finally(() => full.close())
    }),
  )
  expect(error.code).toBe('ASTRO-RUNNER-TEMP')
})

test('a file of it that the system refuses is the runner’s problem too', async () => {
  const error = await failureOf(() =>
    withScratch({}, (folder) => writeFile(path.join(folder, 'no', 'such', 'folder'), '')),
  )
  expect(error.code).toBe('ASTRO-RUNNER-TEMP')
})
