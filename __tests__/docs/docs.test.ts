import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { INPUT_DEFAULTS, readInputs } from '../../src/inputs.ts'
import { parseAction, withTables } from './tables.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const action = parseAction(read('action.yml'))

describe('README.md', () => {
  test('shows the inputs and outputs of action.yml', () => {
    const readme = read('README.md')
    expect(readme).toBe(withTables(readme, action))
  })
})

describe('action.yml', () => {
  const enoughToRun: Record<string, string> = { 'api-token': 'token', 'deployment-id': 'id' }
  const asked = new Set<string>()
  const source = {
    env: {},
    input: (name: string): string => {
      asked.add(name)
      return enoughToRun[name] ?? ''
    },
  }
  readInputs(() => undefined, source)

  test('declares the inputs that are read, and no others', () => {
    expect(Object.keys(action.inputs).toSorted()).toEqual([...asked].toSorted())
  })

  test('gives the defaults that the code falls back to', () => {
    const declared = Object.entries(action.inputs)
      .filter(([, { default: value }]) => value !== undefined)
      .map(([name, { default: value }]) => [name, String(value)])
    expect(Object.fromEntries(declared)).toEqual(INPUT_DEFAULTS)
  })

  test('declares the outputs that are written, and no others', () => {
    const [, union = ''] = /export type OutputName =([^]*?)\n\n/.exec(read('src/outputs.ts')) ?? []
    const names = [...union.matchAll(/'(.+?)'/g)].map(([, name]) => name)
    expect(Object.keys(action.outputs).toSorted()).toEqual(names.toSorted())
  })
})

describe('examples that hand on a token', () => {
  const pages = [
    'README.md',
    ...readdirSync(new URL('docs/recipes/', root)).map((name) => `docs/recipes/${name}`),
  ]
  const examples = pages.flatMap((page) =>
    [...read(page).matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, code = '']) => ({ page, code })),
  )
  const pagesOf = (kind: RegExp): string[] => [
    ...new Set(examples.filter(({ code }) => kind.test(code)).map(({ page }) => page)),
  ]

  test.each([['curl'], ['urllib']])('are in the README and in a recipe for %s', (tool) => {
    expect(pagesOf(new RegExp(`\\b${tool}\\b`))).toEqual(['README.md', 'docs/recipes/access-token.md'])
  })

  test('give it to no command line, and to no host that an answer redirects to', () => {
    expect(pagesOf(/(?:-H|--header)[ =]["']Authorization/i)).toEqual([])
    expect(pagesOf(/headers=[^)]*Authorization/)).toEqual([])
  })
})

describe('docs/troubleshooting.md', () => {
  test('has a heading that is the code, which an error links to, for each code in src/ and no other', () => {
    const used = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => read(`src/${path}`).match(/(?<=['"`])ASTRO(?:-[A-Z0-9]+)+(?=['"`])/g) ?? [])
    const headings = [...read('docs/troubleshooting.md').matchAll(/^#{2,6} (ASTRO(?:-[A-Z0-9]+)+)$/gm)].map(
      ([, code]) => code,
    )
    expect(headings.toSorted()).toEqual([...new Set(used)].toSorted())
  })
})
