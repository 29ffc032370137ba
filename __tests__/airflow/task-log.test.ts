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
    ['*** plain\ntext\r\nhere', ['*** plain', 'text', 'here']],
  ])('the text of Airflow 2: %j', (content, lines) => {
    expect(readLog(content)).toEqual(lines)
  })

  test.each([[undefined], [null], [5], [{}]])('nothing of %j', (content) => {
    expect(readLog(content)).toEqual([])
  })
})

test('the tail of a log says how much stands before it', () => {
  expect(tail(['a', 'b', 'c'], 2)).toEqual({ lines: ['b', 'c'], before: 1 })
  expect(tail(['a'], 2)).toEqual({ lines: ['a'], before: 0 })
})
