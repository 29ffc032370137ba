import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import * as path from 'node:path'
import { CACHE, installUv, run } from './install.ts'

/** Packages of Airflow with example DAGs, which are downloaded and not installed. */
const PACKAGES = {
  2: ['apache-airflow==2.11.0'],
  3: ['apache-airflow-core==3.1.0'],
} as const

/** A wheel is an archive; the rest of it is not wanted. */
const UNPACK = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if '/example_dags/' in name])
`

/** The folder that Airflow's packages of a major were unpacked into; kept in `.cache/`. */
export async function unpackAirflow(major: 2 | 3): Promise<string> {
  const folder = path.join(CACHE, `packages-${PACKAGES[major].join('-').replaceAll('==', '-')}`)
  if (existsSync(folder)) return folder
  const python = path.join(path.dirname(await installUv()), 'python')
  const unfinished = `${folder}-${process.pid}`
  await mkdir(unfinished, { recursive: true })
  await run(python, [
    '-m',
    'pip',
    'download',
    '-q',
    '--no-deps',
    '--only-binary',
    ':all:',
    '-d',
    unfinished,
    ...PACKAGES[major],
  ])
  for (const wheel of readdirSync(unfinished).filter((name) => name.endsWith('.whl'))) {
    await run(python, ['-c', UNPACK, path.join(unfinished, wheel), unfinished])
    await rm(path.join(unfinished, wheel))
  }
  await rename(unfinished, folder)
  return folder
}

/** Its example DAGs, by paths from the folder. */
export function exampleDags(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?:^|\/)example_dags\/.*\.py$/.test(name.replaceAll('\\', '/')))
    .toSorted()
}
