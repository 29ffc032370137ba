import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { readFiles } from '../../src/check/engine.ts'
import { judge } from '../../src/check/judge.ts'
import type { CheckTarget, FileResult } from '../../src/check/types.ts'
import { startThread } from '../check/checked.ts'
import { makeFolder } from '../make/folder.ts'
import { exampleDags, unpackAirflow } from './example-dags.ts'
import { installUv } from './install.ts'
import { mutations } from './mutate.ts'

const MUTATIONS = 2_000
const SEED = 20_240
const PYTHONS = [311, 312, 313]

const read = (folder: string, names: readonly string[]): Promise<readonly FileResult[]> =>
  readFiles(
    startThread,
    names.map((name) => ({ path: `dags/${name}`, absolutePath: path.join(folder, name), size: 0 })),
    { signal: new AbortController().signal },
  )

const judgeFor = (results: readonly FileResult[], target: Partial<CheckTarget>) =>
  judge({
    results,
    dagsPath: 'dags',
    target: { python: 312, airflow: 3, source: 'a test', isBundle: true, ...target },
    isIgnored: () => 'no',
    installed: new Set(),
    isPathSet: false,
  })

test.each([
  [2, 311],
  [3, 312],
] as const)('Airflow %s: nothing is said of its own example DAGs', async (airflow, python) => {
  const folder = await unpackAirflow(airflow)
  const names = exampleDags(folder)
  const { findings, skipped, fileCount } = judgeFor(await read(folder, names), { airflow, python })
  expect(fileCount).toBeGreaterThan(50)
  expect(skipped).toEqual([])
  // They lie in a folder of this name here.
  expect(findings.filter(({ rule }) => rule !== 'shadows-airflow')).toEqual([])
})

/** Says which of the files that its input names are Python. */
const COMPILE = `
import json, sys, warnings
warnings.simplefilter('ignore')
def takes(path):
    try:
        compile(open(path, 'rb').read(), path, 'exec', dont_inherit=True)
        return True
    except (SyntaxError, ValueError):
        return False
print(json.dumps([list(sys.version_info[:2]), [takes(path) for path in json.load(sys.stdin)]]))
`

describe('example DAGs with a slip', () => {
  test('what Python rejects is an error, and nothing else is', async () => {
    const unpacked = await Promise.all([unpackAirflow(2), unpackAirflow(3)])
    const sources = unpacked.flatMap((folder) =>
      exampleDags(folder)
        .map((name) => readFileSync(path.join(folder, name), 'utf8').replace(/^(?:#.*\n)+/, ''))
        .filter((text) => text.length > 1_000),
    )
    const texts = [...mutations(sources, MUTATIONS, SEED)]
    const names = texts.map((_, at) => `m${String(at).padStart(5, '0')}.py`)
    const folder = makeFolder(Object.fromEntries(names.map((name, at) => [name, texts[at] ?? ''])))
    const results = await read(folder, names)

    const pythons = await findPythons()
    expect(pythons.length).toBeGreaterThan(0)
    for (const program of pythons) {
      const [[major, minor], takes] = compileAll(
        program,
        names.map((name) => path.join(folder, name)),
      )
      const { findings } = judgeFor(results, { python: major * 100 + minor })
      const broken = new Set(findings.filter(({ level }) => level === 'error').map((one) => one.path))
      const outcome = { missed: [] as string[], wrong: [] as string[] }
      names.forEach((name, at) => {
        const isBroken = broken.has(`dags/${name}`)
        if (!isBroken && takes[at] === false) outcome.missed.push(texts[at] ?? '')
        if (isBroken && takes[at] === true) outcome.wrong.push(texts[at] ?? '')
      })
      const rejected = takes.filter((taken) => !taken).length
      expect(rejected).toBeGreaterThan(MUTATIONS / 4)
      expect([major, minor, outcome]).toEqual([major, minor, { missed: [], wrong: [] }])
    }
  })
})

/** The interpreters of these versions that uv finds, pyenv's among them. */
async function findPythons(): Promise<readonly string[]> {
  const uv = await installUv()
  const versions = path.join(process.env.PYENV_ROOT ?? path.join(homedir(), '.pyenv'), 'versions')
  const beside = existsSync(versions)
    ? readdirSync(versions).map((name) => path.join(versions, name, 'bin'))
    : []
  const env = { ...process.env, PATH: [process.env.PATH, ...beside].join(path.delimiter) }
  const found = PYTHONS.map((version) => {
    const name = `${Math.floor(version / 100)}.${version % 100}`
    return spawnSync(uv, ['python', 'find', '--no-project', name], { encoding: 'utf8', env })
  })
  return found.filter(({ status }) => status === 0).map(({ stdout }) => stdout.trim())
}

function compileAll(program: string, files: readonly string[]): [[number, number], boolean[]] {
  const { status, stdout, stderr } = spawnSync(program, ['-c', COMPILE], {
    input: JSON.stringify(files),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as [[number, number], boolean[]]
}
