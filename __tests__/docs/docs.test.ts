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
