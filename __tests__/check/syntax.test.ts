import { describe, expect, test } from '@jest/globals'
import { nameOf } from '../../src/check/python-version.ts'
import type { Files } from './checked.ts'
import { AIRFLOW_3, check, places, readAll } from './checked.ts'

const target = (python: number | undefined) => ({ target: { ...AIRFLOW_3, python } })

test('syntax errors of all kinds, one a file, and nothing of what Python takes', async () => {
  const broken = {
    'a-parser': 'x = 1\ndef f(:\n    pass\n',
    'b-return': 'x = 1\nreturn x\n',
    'c-await': 'x = 1\ndef f(): await x\n',
    'd-future': 'x = 1\nfrom __future__ import annotations\n',
    'e-silenced': 'x = 1\nreturn x  # noqa\n',
    'f-silenced': '# ruff: noqa\nreturn 1\n',
    'g-star': 'x = 1\n*a, *b = [x]\n',
    'h-null': 'x = 1\ny = "a\0b"\n',
    'i-bytes': Buffer.from('x = 1\ny = "\xe9"\n', 'latin1'),
    'j-ruff-config': '# ruff: disable[F706]\nreturn 1\n',
    'k-debug': 'x = 1\ndict(__debug__=1)\n',
    'l-star': 'x = 1\n*(x)\n',
    'm-deep': `x = 1\ny = ${'('.repeat(201)}1${')'.repeat(201)}\n`,
    'n-digits': `x = 1\ny = ${'9'.repeat(4301)}\n`,
  }
  const fine = {
    'z-cookie': Buffer.from('# -*- coding: latin-1 -*-\ny = "\xe9"\n', 'latin1'),
    'z-rare': `x = __debug__ == 1\n*(x), y = [1], 2\n*[1], 2\nz = "${'('.repeat(300)}"\nh = 0x${'f'.repeat(5000)}\n`,
    'z-deep': `y = ${'('.repeat(200)}1${')'.repeat(200)}\n`,
    'z-bom': '\ufeffx = 1\n',
    'z-mac': 'x = 1\ry = 2\r',
    'z-empty': '',
    'z-form-feed': '\x0cx = 1\n',
  }
  const all: Files = { ...broken, ...fine }
  const files = Object.entries(all).map(([name, text]) => [`dags/${name}.py`, text] as const)
  const { findings, skipped } = await check(Object.fromEntries(files))
  expect(findings.map(({ path, line, level }) => [path, line, level])).toEqual(
    Object.keys(broken).map((name) => [`dags/${name}.py`, 2, 'error']),
  )
  expect(skipped).toEqual([])
})

describe('syntax of a later Python', () => {
  const files = {
    'dags/a.py': 'd = {}\nx = f"{d["a"]}"\n',
    'dags/b.py': 'type X = int\n',
    'dags/c.py': 'def f[T = int]() -> T: ...\n',
    'dags/d.py': 'try:\n    pass\nexcept* ValueError:\n    pass\n',
    'dags/f.py': 'async def f(): return [[x async for x in y] for y in []]\n',
    'dags/e.py': 'print(ExceptionGroup)\n',
  }

  test.each([
    [310, ['a', 'b', 'c', 'd', 'f']],
    [311, ['a', 'b', 'c']],
    [312, ['c']],
    [313, []],
    [undefined, []],
  ])('%s', async (python, expected) => {
    const { findings } = await check(files, target(python))
    expect(findings.map(({ path }) => path)).toEqual(expected.map((name) => `dags/${name}.py`))
    const version = python === undefined ? '' : `on Python ${nameOf(python)}`
    for (const { message } of findings) expect(message).toContain(version)
  })
})

test('a file that Airflow is told to ignore says nothing, and one that it may ignore only warns', async () => {
  const files = { 'dags/a.py': 'def (\n', 'dags/b.py': 'def (\n', 'dags/c.py': 'def (\n' }
  const isIgnored = (path: string) =>
    path.endsWith('a.py') ? ('yes' as const) : path.endsWith('b.py') ? ('maybe' as const) : ('no' as const)
  const { findings } = await check(files, { isIgnored })
  expect(findings.map(({ path, level }) => [path, level])).toEqual([
    ['dags/b.py', 'warning'],
    ['dags/c.py', 'error'],
  ])
})

test('what the linter cannot bear is told, and all other files are checked', async () => {
  const { findings, skipped, fileCount } = await check({
    'dags/a.py': 'def (\n',
    'dags/b-deep.py': `x = ${'('.repeat(100_000)}${')'.repeat(100_000)}\n`,
    'dags/c-minus.py': `x = ${'-'.repeat(100_000)}1\n`,
    'dags/d-nulls.py': Buffer.alloc(100_000),
    'dags/e-line.py': `x = [${'1, '.repeat(100_000)}]\n`,
    'dags/f-large.py': Buffer.alloc(50_000_000),
    'dags/g-encoding.py': '# coding: no-such-encoding\nx = 1\n',
    'dags/h.py': 'def (\n',
  })
  expect(findings.map(({ path }) => path)).toEqual(['dags/a.py', 'dags/d-nulls.py', 'dags/h.py'])
  expect(skipped.map(({ path }) => path).toSorted()).toEqual([
    'dags/b-deep.py',
    'dags/c-minus.py',
    'dags/f-large.py',
    'dags/g-encoding.py',
  ])
  expect(fileCount).toBe(4)
})

test('what the linter says of odd characters is printed as their numbers', async () => {
  const { findings } = await check({ 'dags/a.py': 'x = \x1b[31m\n' })
  expect(findings[0]?.message).toMatch(/^[\x20-\x7e]+$/)
})

test('what Airflow 3 removed is said for Airflow 3 alone, and a noqa of the user silences it', async () => {
  const files = {
    'dags/a.py':
      'from airflow import DAG\nDAG(\n    "a",\n    schedule_interval=None,\n)\nDAG("b", schedule_interval=None)  # noqa: AIR301\n',
    'dags/b.py': 'import os, sys\nl = 1\nprint(undefined_name)\n',
  }
  const three = await check(files)
  expect(places(three)).toEqual(['airflow-3 dags/a.py:4', 'undefined-name dags/b.py:3'])
  expect(three.findings[0]?.message).toBe(
    '`schedule_interval` is removed in Airflow 3.0. Use `schedule` instead.',
  )
  const two = await check(files, { target: { ...AIRFLOW_3, airflow: 2, isBundle: false } })
  expect(places(two)).toEqual(['undefined-name dags/b.py:3'])
})

test('a thread that cannot start skips every file', async () => {
  const { readFiles } = await import('../../src/check/engine.ts')
  const results = await readFiles(
    () => {
      throw new Error('no threads here')
    },
    [{ path: 'dags/a.py', absolutePath: '/a.py', size: 1 }],
    { signal: new AbortController().signal },
  )
  expect(results).toEqual([{ is: 'skipped', path: 'dags/a.py', why: 'no threads here' }])
})

test('a file that is gone is skipped', async () => {
  expect(await readAll({})).toEqual([])
})
