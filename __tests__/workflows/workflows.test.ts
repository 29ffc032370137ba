import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'

type Step = { uses?: string; with?: Record<string, unknown> }
type Job = {
  uses?: string
  needs?: string | string[]
  steps?: Step[]
  permissions?: unknown
  'timeout-minutes'?: number
}
type Workflow = { permissions?: unknown; concurrency?: unknown; jobs: Record<string, Job> }

const folder = new URL('../../.github/workflows/', import.meta.url)
const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(new URL(file, folder), 'utf8')
  return { file, text, workflow: parse(text) as Workflow }
})

describe.each(workflows)('$file', ({ text, workflow }) => {
  const jobs = Object.entries(workflow.jobs)

  test('starts from no permissions, and has a concurrency group', () => {
    expect(workflow.permissions).toEqual({})
    expect(workflow.concurrency).toBeDefined()
  })

  test.each(jobs)('job %s names its permissions and its time limit', (_, job) => {
    expect(job.permissions).toBeDefined()
    if (job.uses === undefined) expect(job['timeout-minutes']).toBeGreaterThan(0)
  })

  test('says why each permission is granted', () => {
    const grants = text.split('\n').filter((line) => /^ +[a-z-]+: (read|write)\b/.test(line))
    expect(grants.filter((line) => !line.includes(' # '))).toEqual([])
  })

  test('leaves no credentials in a checkout', () => {
    const checkouts = jobs
      .flatMap(([, { steps }]) => steps ?? [])
      .filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([])
  })
})

test('every foreign action is pinned to a commit and names its version, the same everywhere', () => {
  const actions = readdirSync(new URL('../actions/', folder)).map((name) =>
    readFileSync(new URL(`../actions/${name}/action.yml`, folder), 'utf8'),
  )
  const lines = [...workflows.map(({ text }) => text), ...actions].flatMap((text) =>
    text.split('\n').filter((line) => /\buses: (?!\.\/)/.test(line)),
  )
  const pins = lines.map((line) => {
    const [, action = '', pin] = /uses: ([\w-]+\/[\w-]+)\S*@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(line) ?? []
    return { line, action, pin }
  })
  expect(pins.filter(({ pin }) => pin === undefined)).toEqual([])
  const pinsOf = Map.groupBy(pins, ({ action }) => action)
  const several = [...pinsOf].filter(([, found]) => new Set(found.map(({ pin }) => pin)).size > 1)
  expect(several).toEqual([])
})

test('ci-ok needs every other job of ci.yml', () => {
  const jobs = workflows.find(({ file }) => file === 'ci.yml')?.workflow.jobs ?? {}
  const others = Object.keys(jobs).filter((name) => name !== 'ci-ok')
  expect([jobs['ci-ok']?.needs].flat().toSorted()).toEqual(others.toSorted())
})
