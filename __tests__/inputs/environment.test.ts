import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ActionError } from '../../src/errors.ts'
import { readInputs } from '../../src/inputs.ts'
import { failureOf } from '../make/failure.ts'

let outside: string
let workspace: string

beforeAll(() => {
  outside = mkdtempSync(path.join(tmpdir(), 'environment-'))
  workspace = path.join(outside, 'workspace')
  mkdirSync(path.join(workspace, 'deploy'), { recursive: true })
  writeFileSync(path.join(outside, 'outside.env'), 'A=1')
  writeFileSync(path.join(workspace, 'deploy/prod.env'), '\uFEFF# comment\r\nFROM_FILE="a # b"\r\n')
  writeFileSync(path.join(workspace, 'bad.env'), 'A=1\nB')
  writeFileSync(path.join(workspace, 'latin.env'), Buffer.from([0x41, 0x3d, 0xe4, 0x0a]))
  writeFileSync(path.join(workspace, 'empty.env'), '# nothing yet\n')
  writeFileSync(path.join(workspace, 'large.env'), `A=${'x'.repeat(1024 * 1024)}`)
  symlinkSync('deploy/prod.env', path.join(workspace, 'link.env'))
  symlinkSync('../outside.env', path.join(workspace, 'leaves.env'))
})
afterAll(() => rmSync(outside, { recursive: true, force: true }))

function read(given: Record<string, string>) {
  const hidden: string[] = []
  const input = (name: string): string => ({ 'api-token': 'token', ...given })[name] ?? ''
  const result = readInputs((value) => hidden.push(value), { input, env: { GITHUB_WORKSPACE: workspace } })
  return { ...result, hidden }
}
const refusal = (given: Record<string, string>): Promise<ActionError> => failureOf(() => read(given))

test('nothing is wished for unless something is given', () => {
  expect(read({}).inputs.environment).toBeUndefined()
  expect(read({ 'environment-variables': '\n\n' }).inputs.environment).toBeUndefined()
})

test('all three inputs, and the mode', () => {
  const { inputs, hidden, warnings } = read({
    'environment-variables': 'A=1\n',
    'secret-environment-variables': 'B="two\nlines of it"\n',
    'environment-file': 'deploy/prod.env\n\n',
    'environment-mode': 'replace',
  })
  expect(inputs.environment).toEqual({
    mode: 'replace',
    variables: [
      { key: 'A', value: '1', isSecret: false },
      { key: 'B', value: 'two\nlines of it', isSecret: true },
      { key: 'FROM_FILE', value: 'a # b', isSecret: false },
    ],
  })
  expect(hidden).toContain('two\nlines of it')
  expect(warnings).toEqual([])
})

test('lines are counted in the input as it stands', async () => {
  const { observed } = await refusal({ 'environment-variables': '\n\nA=1\noops\n' })
  expect(observed).toContain('environment-variables: line 4: it is not KEY=value [ASTRO-ENV-LINE]')
})

describe('files', () => {
  test.each(['./deploy/prod.env', '/deploy/prod.env', 'link.env'])('%s is taken', (file) => {
    expect(read({ 'environment-file': file }).inputs.environment?.variables).toHaveLength(1)
  })

  test.each<[string, string, string]>([
    ['missing.env', 'missing.env: there is no such file', 'ASTRO-ENV-FILE'],
    ['../outside.env', '../outside.env: "../outside.env" leaves the workspace', 'ASTRO-ENV-FILE'],
    ['leaves.env', 'leaves.env: it lies outside of the workspace', 'ASTRO-ENV-FILE'],
    ['deploy', 'deploy: it is not a file', 'ASTRO-ENV-FILE'],
    ['latin.env', 'latin.env: it is not UTF-8 text', 'ASTRO-ENV-FILE'],
    ['large.env', 'large.env: it is larger than a megabyte', 'ASTRO-ENV-FILE'],
    ['bad.env', 'bad.env, line 2: it is not KEY=value', 'ASTRO-ENV-LINE'],
  ])('%s is refused', async (file, problem, code) => {
    const error = await refusal({ 'environment-file': file })
    expect(error.code).toBe(code)
    expect(error.observed).toBe(`- environment-file: ${problem} [${code}]`)
  })

  test('one without variables gives a warning', () => {
    const { warnings } = read({ 'environment-file': 'empty.env' })
    expect(warnings).toEqual(['The file empty.env of `environment-file` holds no variable.'])
  })
})

describe('nothing given', () => {
  test.each<[string, Record<string, string>, string]>([
    ['alone', { action: 'update-environment-variables' }, 'there is nothing to do'],
    ['replace', { 'environment-mode': 'replace' }, 'would remove every variable'],
    [
      'replace with an empty file',
      { 'environment-mode': 'replace', 'environment-file': 'empty.env' },
      'would remove every variable',
    ],
  ])('%s', async (_, given, words) => {
    const error = await refusal(given)
    expect(error.code).toBe('ASTRO-ENV-NOTHING')
    expect(error.observed).toContain(words)
  })
})

test('an unknown mode', async () => {
  expect((await refusal({ 'environment-mode': 'overwrite', 'environment-variables': 'A=1' })).code).toBe(
    'ASTRO-INPUT-CHOICE',
  )
})

test('problems come together with those of other inputs, and without a value', async () => {
  const { observed } = await refusal({
    'dry-run': 'yes',
    'environment-variables': 'A=1\nA=2',
    'secret-environment-variables': 'hunter-2=x\nB=',
    'environment-file': 'missing.env',
  })
  expect(observed?.match(/ASTRO-[A-Z-]+/g)).toEqual([
    'ASTRO-ENV-FILE',
    'ASTRO-ENV-TWICE',
    'ASTRO-ENV-KEY',
    'ASTRO-ENV-SECRET-EMPTY',
    'ASTRO-INPUT-BOOLEAN',
  ])
  expect(observed).not.toContain('hunter')
})

test('inputs of code have no effect when only variables change', () => {
  const { warnings } = read({
    action: 'update-environment-variables',
    'environment-variables': 'A=1',
    'dags-path': 'pipelines',
    'deploy-type': 'dags-only',
    'allow-empty-dags': 'true',
  })
  expect(warnings.map((warning) => /`([a-z-]+)`/.exec(warning)?.[1])).toEqual([
    'deploy-type',
    'dags-path',
    'allow-empty-dags',
  ])
})
