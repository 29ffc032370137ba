import { describe, expect, test } from '@jest/globals'
import type { ContextFacts } from '../../src/image/build-context.ts'
import { checkContext } from '../../src/image/build-context.ts'
import { failureOf } from '../make/failure.ts'
import { makeFolder } from '../make/folder.ts'

const check = (given: Partial<ContextFacts>): Promise<readonly string[]> =>
  checkContext({
    folder: makeFolder(),
    dagsPath: 'dags',
    dockerfile: 'FROM base\n',
    dockerIgnore: undefined,
    ships: true,
    dagFiles: ['dags/a.py', 'dags/deep/b.py', 'dags/notes.md'],
    ...given,
  })

describe('DAGs that the image has to bring', () => {
  test.each(['*\n!include\n', 'dags/*\n', '**/dags\n', '**/*.py\n', '*.md\ndags/**/*\n'])(
    'are left out, all of them, by %j: refused',
    async (dockerIgnore) => {
      const { code, observed, fix } = await failureOf(() => check({ dockerIgnore }))
      expect(code).toBe('ASTRO-IMAGE-NO-DAGS')
      expect(observed).toContain('dags/a.py, dags/deep/b.py')
      expect(fix).toContain('!dags/')
      expect(await check({ dockerIgnore: `${dockerIgnore}!dags/\n` })).toEqual([])
      expect(await check({ dockerIgnore, dagFiles: undefined })).toEqual([])
    },
  )

  test('some of them left out: a warning', async () => {
    const warnings = await check({ dockerIgnore: 'dags/deep\n' })
    expect(warnings).toEqual([expect.stringContaining('1 of 2 DAG files: dags/deep/b.py.')])
  })

  test.each(['', 'dags/\n', '/dags\n', '*\n!dags\n', 'dags/*.md\n'])(
    'none left out by %j: nothing to say',
    async (dockerIgnore) => {
      expect(await check({ dockerIgnore })).toEqual([])
    },
  )

  test('no DAG files, as `allow-empty-dags` permits: nothing to say', async () => {
    expect(await check({ dockerIgnore: '*', dagFiles: [] })).toEqual([])
  })

  test('in a folder of another name: a warning, unless the Dockerfile knows that folder', async () => {
    const warnings = await check({ dagsPath: 'src/flows', dockerfile: 'FROM base\n# COPY src/flows dags\n' })
    expect(warnings).toEqual([expect.stringContaining('`COPY src/flows dags`')])
    expect(await check({ dagsPath: 'src/flows', dockerfile: 'FROM base\nCOPY src/flows dags\n' })).toEqual([])
    expect(await check({ dagsPath: 'src/flows', dagFiles: undefined })).toEqual([])
    const { observed } = await failureOf(() => check({ dagsPath: 'src/flows', dockerIgnore: 'src' }))
    expect(observed).toContain('src/flows/a.py')
  })
})

test.each([undefined, ['dags/a.py']])('the DAG folder cannot be the project', async (dagFiles) => {
  expect((await failureOf(() => check({ dagsPath: '', dagFiles }))).code).toBe('ASTRO-IMAGE-DAGS-PATH')
})

describe('a token in the clone', () => {
  const token = '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic eDpnaHNfMTIz\n'
  const clone = (config: string): string => makeFolder({ '.git/config': config })

  test('is warned of where the build sees it', async () => {
    const [warning = '', ...others] = await check({ folder: clone(token) })
    expect(warning).toContain('persist-credentials: false')
    expect(warning).not.toContain('eDpnaHNfMTIz')
    expect(others).toEqual([])
  })

  test.each<[string, () => Partial<ContextFacts>]>([
    ['left out', () => ({ folder: clone(token), dockerIgnore: '.git\n' })],
    ['not there', () => ({ folder: clone('[core]\n\tbare = false\n') })],
    ['in an image that stays here', () => ({ folder: clone(token), ships: false })],
    ['nothing, without a clone', () => ({})],
  ])('%s: nothing to say', async (_, facts) => {
    expect(await check(facts())).toEqual([])
  })
})
