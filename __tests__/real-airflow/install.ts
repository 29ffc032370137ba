import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AirflowMajor } from '../../src/airflow/types.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const CACHE = path.join(ROOT, '.cache', 'real-airflow')
/** What all of them run on. */
const PYTHON = '>=3.10,<3.13'

/** The Airflows that deploys are tried on, by the names of their lists of requirements. */
export type Release = '2.10' | '2' | '3' | '3.3'

export const majorOf = (release: Release): AirflowMajor => (release.startsWith('2') ? 2 : 3)

/**
 * The folder with Airflow's programs: a virtual environment of its own for each release and each content of its requirements,
 * kept in `.cache/`, so that a second run finds it there.
 */
export async function installAirflow(release: Release): Promise<string> {
  const requirements = fileURLToPath(new URL(`airflow-${release}.txt`, import.meta.url))
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .update(PYTHON)
    .digest('hex')
  const folder = path.join(CACHE, `airflow-${release}-${hash.slice(0, 12)}`)
  const done = path.join(folder, 'installed')
  if (!existsSync(done)) {
    const uv = await installUv()
    await rm(folder, { recursive: true, force: true })
    await run(uv, ['venv', '--quiet', '--system-certs', '--python', PYTHON, folder])
    const python = path.join(folder, 'bin', 'python')
    await run(uv, [
      ...['pip', 'install', '--quiet', '--system-certs'],
      ...['--python', python, '--requirement', requirements],
    ])
    await writeFile(done, '')
  }
  return path.join(folder, 'bin')
}

/** uv from PyPI, since it installs in seconds what takes pip minutes. */
export async function installUv(): Promise<string> {
  const requirements = fileURLToPath(new URL('uv.txt', import.meta.url))
  const name = (await readFile(requirements, 'utf8')).trim().replaceAll('==', '-')
  const folder = path.join(CACHE, name)
  if (!existsSync(folder)) {
    const unfinished = `${folder}-${process.pid}`
    await mkdir(CACHE, { recursive: true })
    await run('python3', ['-m', 'venv', unfinished])
    await run(path.join(unfinished, 'bin', 'python'), ['-m', 'pip', 'install', '-q', '-r', requirements])
    // Beside another one that installs, either will do.
    await rename(unfinished, folder).catch(async (error: unknown) => {
      await rm(unfinished, { recursive: true, force: true })
      if (!existsSync(folder)) throw error
    })
  }
  return path.join(folder, 'bin', 'uv')
}

export async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}:\n${errors}`)
}
