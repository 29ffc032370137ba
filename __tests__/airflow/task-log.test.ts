import { describe, expect, test } from '@jest/globals'
import { readLog, tail } from '../../src/airflow/task-log.ts'

describe('readLog', () => {
  test('events of Airflow 3, with their exceptions', () => {
    const content = [
      { event: '::group::Log message source details', sources: ['/logs/1.log'] },
      { timestamp: '2026-01-05T10:00:00Z', level: 'info', event: 'two\nlines' },
      {
        timestamp: '2026-01-05T10:00:01Z',
        level: 'error',
        event: 'Task failed with exception',
        error_detail: [
          {
            exc_type: 'ValueError',
            exc_value: 'no rows',
            frames: [{ filename: '/dags/a.py', lineno: 7, name: 'load' }],
          },
        ],
      },
      'plain text',
    ]
    expect(readLog(content)).toEqual([
      '::group::Log message source details',
      '2026-01-05T10:00:00Z INFO two',
      'lines',
      '2026-01-05T10:00:01Z ERROR Task failed with exception',
      '  File "/dags/a.py", line 7, in load',
      'ValueError: no rows',
      'plain text',
    ])
  })

  test.each([
    ["[('host', ' INFO - one\\n INFO - two\\n')]", [' INFO - one', ' INFO - two']],
    ["[('host', \"it's \\\\n here\\n\")]", ["it's \\n here"]],
    ["[('a', 'x'), ('b', 'y')]", ['x', 'y']],
    ["[('a', 'caf\\xe9 \\u2713')]", ['café ✓']],
    ["[('a', 'x\\n'), ('b', 'cut of", ['x', '', "('b', 'cut of"]],
    ['*** plain\ntext\r\nhere', ['*** plain', 'text', 'here']],
  ])('the text of Airflow 2: %j', (content, lines) => {
    expect(readLog(content)).toEqual(lines)
  })

  test.each([[undefined], [null], [5], [{}]])('nothing of %j', (content) => {
    expect(readLog(content)).toEqual([])
  })
})

test('a log of sixteen megabytes is read, and the end of it kept in whole lines', () => {
  const count = 160_000
  const text = `${'x'.repeat(98)}\\n`.repeat(count)
  const read = readLog(`[('host', '${text}the end\\n')]`)
  expect(read[0]).toMatch(/^\(\d+ characters before this are left out\)$/)
  expect(read.length).toBeLessThan(51_000)
  expect(new Set(read.slice(1))).toEqual(new Set(['x'.repeat(98), 'the end']))
  expect(readLog([{ event: 'x'.repeat(6_000_000) }, { event: 'the end' }])).toEqual([
    '(6000000 characters before this are left out)',
    'the end',
  ])
})

test('what is shown has no colours, and no line that drowns the log', () => {
  const { lines } = tail(
    ['\u001b[31mred\u001b[0m \u001b]8;;https://x.test\u0007link', 'x'.repeat(2_001), 'fine'],
    3,
  )
  expect(lines).toEqual(['red link', '(a line of 2001 characters is left out)', 'fine'])
})

test('the tail of a log says how much stands before it', () => {
  expect(tail(['a', 'b', 'c'], 2)).toEqual({ lines: ['b', 'c'], before: 1 })
  expect(tail(['a'], 2)).toEqual({ lines: ['a'], before: 0 })
})
