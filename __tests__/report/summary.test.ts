import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors.ts'
import { code, escapeMarkdown, link } from '../../src/report/markdown.ts'
import type { SummaryFacts } from '../../src/report/summary.ts'
import { buildSummary } from '../../src/report/summary.ts'
import { createTimeline, ganttChart } from '../../src/report/timeline.ts'
import { makeClock } from '../make/clock.ts'

const FACTS: SummaryFacts = {
  headline: 'Deployed to etl',
  deployment: { name: 'etl', url: 'https://cloud.example/ws/deployments/cl1', workspace: 'Data' },
  airflowUrl: 'https://airflow.example/d?orgId=1',
  commit: {
    sha: '0123456789abcdef',
    branch: 'main',
    before: undefined,
    message: 'Load <b>orders</b> | @team\nmore',
    authorName: undefined,
    authorUsername: undefined,
    repository: { serverUrl: 'https://github.com', owner: 'acme', name: 'etl' },
  },
  deployId: 'cldeploy1',
  deployType: 'dags-only',
  dagVersion: { before: 'v1', after: 'v2' },
  reasons: ['2 files', 'why'],
  phases: [{ name: 'Plan', start: 1000, end: 1250 }],
  now: 2000,
}

test('a summary shows what, where, from which commit, before and after, and a timeline', () => {
  expect(buildSummary(FACTS)).toBe(`### Deployed to etl

| | |
|---|---|
| Deployment | [etl](https://cloud.example/ws/deployments/cl1) in Workspace Data |
| Airflow | [Airflow UI](https://airflow.example/d?orgId=1) |
| Commit | [0123456](https://github.com/acme/etl/commit/0123456789abcdef) on <code>main</code>: Load &lt;b&gt;orders&lt;/b&gt; &#124; &#64;team |
| Deploy | <code>cldeploy1</code> (dags-only) |
| DAG version | <code>v1</code> → <code>v2</code> |

- 2 files
- why

\`\`\`mermaid
gantt
  dateFormat x
  axisFormat %H:%M:%S
  Plan (250 ms) :1000, 250ms
\`\`\`
`)
})

test('what is not known is left out', () => {
  const summary = buildSummary({ headline: 'Failed', phases: [], now: 0 })
  expect(summary).not.toContain('undefined')
  expect(summary).not.toContain('mermaid')
  expect(summary).not.toContain('|')
})

test('after a failure the summary does not say what runs, only what was shipped', () => {
  const error = {
    error: new ActionError({ code: 'ASTRO-TEST', problem: 'No.', fix: 'Mend.' }),
    aftermath: '',
  }
  const shown = (after: string | undefined): string =>
    buildSummary({ ...FACTS, error, dagVersion: { before: 'v1', after } })
  expect(shown('v2')).toContain('| DAG version | <code>v1</code> before, <code>v2</code> was shipped |')
  expect(shown(undefined)).toContain('| DAG version | <code>v1</code> before |')
})

test('an error is quoted whole, with what it leaves behind', () => {
  const error = new ActionError({
    code: 'ASTRO-TEST',
    problem: 'It broke.',
    observed: 'one\ntwo',
    fix: 'Mend <it>.',
  })
  const summary = buildSummary({ ...FACTS, error: { error, aftermath: 'Nothing was changed.' } })
  expect(summary).toContain(
    '> It broke.\n>\n> one\n>\n> two\n>\n> Mend &lt;it&gt;.\n>\n> Nothing was changed.',
  )
})

test('a rollback is shown, whether it was asked for or only planned', () => {
  const to = { id: 'old', createdAt: '2026-01-01T00:00:00Z' }
  const row = '| Rollback | to <code>old</code> of 2026-01-01T00:00:00Z'
  expect(buildSummary({ ...FACTS, rollback: { to, by: 'new' } })).toContain(`${row}, as <code>new</code> |`)
  expect(buildSummary({ ...FACTS, rollback: { to, by: undefined } })).toContain(`${row} |`)
})

describe('texts from outside show as themselves', () => {
  test.each([
    ['<script>', '&lt;script&gt;'],
    ['a | b', 'a &#124; b'],
    ['[x](y)', '&#91;x&#93;(y)'],
    ['@team', '&#64;team'],
    ['`code`', '&#96;code&#96;'],
    ['two\nlines', 'two lines'],
    ['né 😀', 'né 😀'],
  ])('%j', (text, escaped) => expect(escapeMarkdown(text)).toBe(escaped))

  test('code', () => expect(code('a`b')).toBe('<code>a&#96;b</code>'))

  test.each([
    ['javascript:alert(1)', 'label'],
    ['https://x.example/a b', 'label'],
    ['https://x.example/)(', 'label'],
    [undefined, 'label'],
    ['https://x.example/a', '[label](https://x.example/a)'],
  ])('link to %j', (url, expected) => expect(link('label', url)).toBe(expected))
})

describe('the timeline', () => {
  test('measures phases, also those that fail', async () => {
    const clock = makeClock(0)
    const timeline = createTimeline(clock.now)
    await timeline.measure('One', () => clock.sleep(500))
    await expect(
      timeline.measure('Two', async () => {
        await clock.sleep(12_000)
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(timeline.phases()).toEqual([
      { name: 'One', start: 0, end: 500 },
      { name: 'Two', start: 500, end: 12_500, failed: true },
    ])
    expect(ganttChart(timeline.phases(), 0)).toContain('  Two (12 s) :crit, 500, 12000ms')
  })

  test('draws a phase that is under way up to now', () => {
    expect(ganttChart([{ name: 'One', start: 1_000 }], 4_000)).toContain('  One (3.0 s) :1000, 3000ms')
  })
})

test('a change of variables is a table of names', () => {
  const summary = buildSummary({
    headline: 'Dry run',
    environment: {
      changes: [
        { key: 'DB_HOST', kind: 'added', isSecret: false },
        { key: 'DB_PASSWORD', kind: 'changed', isSecret: true, note: 'set again' },
        { key: 'OLD|ONE', kind: 'removed', isSecret: false },
      ],
      unchanged: 3,
      variables: [{ key: 'DB_HOST', isSecret: false, value: 'never-shown' }],
    },
    phases: [],
    now: 0,
  })
  expect(summary).toBe(`### Dry run

Environment variables: 1 added, 1 changed, 1 removed, 3 unchanged

| Variable | Kind | Change |
|---|---|---|
| <code>DB&#95;HOST</code> | plain | added |
| <code>DB&#95;PASSWORD</code> | secret | changed: set again |
| <code>OLD&#124;ONE</code> | plain | removed |
`)
})
