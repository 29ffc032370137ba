import * as path from 'node:path'
import { readFiles } from '../../src/check/engine.ts'
import type { Judged, JudgeFacts } from '../../src/check/judge.ts'
import { judge } from '../../src/check/judge.ts'
import { createThreads } from '../../src/check/threads.ts'
import type { CheckTarget, FileResult } from '../../src/check/types.ts'
import { makeFolder } from '../make/folder.ts'

export const startThread = createThreads(new URL('../../src/index.ts', import.meta.url))

export const AIRFLOW_3: CheckTarget = { python: 312, airflow: 3, source: 'a test', isBundle: true }
export const AIRFLOW_2: CheckTarget = { python: 311, airflow: 2, source: 'a test', isBundle: false }

export type Files = Readonly<Record<string, string | Buffer>>

/** What the linter's thread says of some files, by paths from the project. */
export async function readAll(files: Files): Promise<readonly FileResult[]> {
  const folder = makeFolder(files)
  const sources = Object.keys(files).map((name) => ({
    path: name,
    absolutePath: path.join(folder, name),
    size: 0,
  }))
  return readFiles(startThread, sources, { signal: new AbortController().signal })
}

/** What there is to say about some files. */
export async function check(files: Files, facts: Partial<JudgeFacts> = {}): Promise<Judged> {
  return judge({
    results: await readAll(files),
    dagsPath: 'dags',
    target: AIRFLOW_3,
    isIgnored: () => 'no',
    installed: new Set(),
    isPathSet: false,
    ...facts,
  })
}

/** Findings as `rule path:line`. */
export const places = ({ findings }: Judged): readonly string[] =>
  findings.map(({ rule, path: file, line }) => `${rule} ${file}${line === undefined ? '' : `:${line}`}`)
