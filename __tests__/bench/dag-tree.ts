import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

const FILES = 10_000
const FOLDERS = 100
const MEAN_BYTES = 52_429
/** Of each kilobyte: so much cannot be compressed, as in pictures and models; the rest is like source text. */
const NOISE_BYTES = 320
const KILOBYTE = 1024

/**
 * A project whose DAG folder has 10,000 files of 5 to 100 kB, 500 MB together, which gzip makes half as large. The same
 * bytes each time; made once and kept in the system's folder for temporary files. Gives the project's path.
 */
export function dagTree(): string {
  const project = path.join(tmpdir(), 'deploy-to-astro-bench', `tree-${FILES}-${MEAN_BYTES}-${NOISE_BYTES}`)
  if (existsSync(project)) return project
  const unfinished = `${project}-unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  const random = xorshift(12_345)
  const words = Array.from({ length: 300 }, () =>
    random()
      .toString(36)
      .slice(0, 3 + (random() % 6)),
  )
  for (let file = 0; file < FILES; file++) {
    const folder = path.join(unfinished, 'dags', `team_${file % FOLDERS}`)
    mkdirSync(folder, { recursive: true })
    const size = Math.round(MEAN_BYTES * (0.1 + (1.8 * ((file * 7_919) % FILES)) / FILES))
    writeFileSync(path.join(folder, `dag_${file}.py`), content(size, words, random))
  }
  renameSync(unfinished, project)
  return project
}

function content(size: number, words: readonly string[], random: () => number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let start = 0; start < size; start += KILOBYTE) {
    const end = Math.min(size, start + KILOBYTE)
    let at = start
    while (at < Math.min(end, start + NOISE_BYTES)) bytes[at++] = random() >>> 9
    while (at < end)
      at += bytes.write(
        `    ${pick(words, random)} = ${pick(words, random)}(${pick(words, random)})\n`,
        at,
        end - at,
        'latin1',
      )
  }
  return bytes
}

function pick(words: readonly string[], random: () => number): string {
  return words[random() % words.length] ?? ''
}

function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
