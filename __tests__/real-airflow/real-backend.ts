import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { unpack } from '../local-astro/airflow/archive.ts'
import type { AirflowBackend } from '../local-astro/airflow/backend.ts'
import type { RunningAirflow } from './airflow-process.ts'

/**
 * A real Airflow behind the front of the local Astro: what is deployed is unpacked as its DAG folder, and requests go on to it
 * with its own credential in place of Astro's token, which the front has checked.
 */
export function serveWith(airflow: RunningAirflow): AirflowBackend {
  return {
    async deploy(version, archive) {
      const staging = await mkdtemp(`${airflow.dagsFolder}-staging-`)
      try {
        if (archive !== undefined) await unpack(archive, staging)
        const unpacked = path.join(staging, 'dags')
        await mkdir(unpacked, { recursive: true })
        await mirror(unpacked, airflow.dagsFolder)
        await writeFile(`${airflow.versionFile}.new`, version ?? 'none')
        await rename(`${airflow.versionFile}.new`, airflow.versionFile)
      } finally {
        await rm(staging, { recursive: true, force: true })
      }
    },
    async answer({ method, path: asked, query, headers, text }) {
      const search = query.size === 0 ? '' : `?${query.toString()}`
      const type = headers['content-type']
      const response = await fetch(`${airflow.origin}${asked}${search}`, {
        method,
        redirect: 'manual',
        headers: {
          authorization: airflow.authorization,
          accept: String(headers.accept ?? '*/*'),
          ...(typeof type === 'string' ? { 'content-type': type } : {}),
        },
        ...(text === '' ? {} : { body: text }),
      })
      const contentType = response.headers.get('content-type')
      const date = response.headers.get('date')
      return {
        status: response.status,
        body: await response.text(),
        headers: {
          ...(contentType === null ? {} : { 'content-type': contentType }),
          ...(date === null ? {} : { date }),
        },
      }
    },
  }
}

/** The same, but that there is no Airflow for a while after a deploy. */
export function awayFor(ms: number, backend: AirflowBackend): AirflowBackend {
  let backAt = 0
  return {
    async deploy(version, archive) {
      await backend.deploy(version, archive)
      if (archive !== undefined) backAt = Date.now() + ms
    },
    answer: (request) =>
      Date.now() < backAt
        ? { status: 503, body: 'no healthy upstream', headers: { 'content-type': 'text/plain' } }
        : backend.answer(request),
  }
}

/** Makes a folder equal to another, file by file, so that a reader of it never sees half of a file. */
async function mirror(from: string, to: string): Promise<void> {
  const wanted = new Set(await filesIn(from))
  for (const file of await filesIn(to)) {
    if (!wanted.has(file)) await rm(path.join(to, file), { force: true })
  }
  for (const file of wanted) {
    const [source, target] = [path.join(from, file), path.join(to, file)]
    await mkdir(path.dirname(target), { recursive: true })
    await cp(source, `${target}.new`, { preserveTimestamps: true })
    await rename(`${target}.new`, target)
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true })
  const found = await Promise.all(
    entries.map(async (entry) => ((await stat(path.join(folder, entry))).isFile() ? [entry] : [])),
  )
  return found.flat().filter((file) => !file.includes('__pycache__'))
}
