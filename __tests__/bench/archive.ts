import { execFile, spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { runStep } from '../bundle/run-step.ts'
import { clientOf } from '../local-astro/client.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import type { LocalAstro } from '../local-astro/start.ts'
import { dagTree } from './dag-tree.ts'
import { startDiscardingStore } from './discarding-store.ts'
import type { Measurement } from './measurement.ts'
import { renderTable } from './measurement.ts'
import { mostResidentMB } from './resident.ts'

const run = promisify(execFile)
const ROUNDS = 3
const MOST_TIMES_PIGZ = 1
const MOST_RESIDENT_MB = 150
const LARGE_FILE_BYTES = 5e9
const PIGZ_AND_CURL =
  'tar c dags | pigz -p 2 > "$FILE"; curl -sSf -T "$FILE" -H "x-ms-blob-type: BlockBlob" "$URL"; wc -c < "$FILE"'

type Run = {
  readonly seconds: number
  /** Of the process and what it started; of what compresses and sends, not of the blob store. */
  readonly processorSeconds: number
  readonly residentMB: number
  readonly bytes: number
}

/**
 * Archive and upload of 10,000 files and 500 MB beside `tar | pigz -p 2` and `tar cz`, in turns, the best of each; and the
 * memory that they take. Uploads go to a store that only discards, which is what they cost this side, and to Azurite, which
 * needs a good part of the same processors, so that the others have to send theirs there as well.
 */
export async function measureArchive(): Promise<readonly Measurement[]> {
  const project = dagTree()
  const program = bundleProgram()
  const packed = path.join(tmpdir(), 'deploy-to-astro-bench', 'packed.tar.gz')
  const discarding = await startDiscardingStore()
  const astro = await startLocalAstro()
  try {
    await astro.ready()
    const runs: Record<'tar' | 'pigz' | 'curl' | 'archive' | 'discarded' | 'upload', Run[]> = {
      tar: [],
      pigz: [],
      curl: [],
      archive: [],
      discarded: [],
      upload: [],
    }
    for (let round = 0; round < ROUNDS; round++) {
      runs.pigz.push(await timePipeline(project, 'tar c dags | pigz -p 2 | wc -c'))
      runs.archive.push(await timeOurs(program, [project]))
      runs.discarded.push(await timeOurs(program, [project, discarding.url]))
      runs.upload.push(await timeOurs(program, [project, await uploadUrl(astro)]))
      runs.curl.push(
        await timePipeline(project, PIGZ_AND_CURL, { URL: await uploadUrl(astro), FILE: packed }),
      )
      if (round === 0) runs.tar.push(await timePipeline(project, 'tar cz dags | wc -c'))
    }
    const [tar, pigz, curl] = [best(runs.tar), best(runs.pigz), best(runs.curl)]
    const [archive, discarded, upload] = [best(runs.archive), best(runs.discarded), best(runs.upload)]
    const beside = `tar | pigz -p 2: ${describe(pigz)}`
    return [
      timed('archive alone, 10,000 files, 500 MB', archive, pigz, `${beside}; tar cz: ${describe(tar)}`),
      timed('archive and upload, to a store that only discards', discarded, pigz, beside),
      timed(
        'archive and upload, to Azurite on the same processors',
        upload,
        curl,
        `tar | pigz -p 2, then curl to the same store: ${describe(curl)}`,
      ),
      resident('archive and upload of them', Math.max(...runs.upload.map(({ residentMB }) => residentMB))),
      resident('the whole action with them', await residentOfAction(astro, project)),
      resident('archive of one file of 5 GB', await residentOfLargeFile(program)),
    ]
  } finally {
    discarding.stop()
    await astro.stop()
  }
}

function timed(what: string, ours: Run, theirs: Run, beside: string): Measurement {
  const ratio = ours.seconds / theirs.seconds
  return {
    what,
    measured: describe(ours),
    beside,
    ratio,
    budget: `at most ${MOST_TIMES_PIGZ}x`,
    within: ratio <= MOST_TIMES_PIGZ,
  }
}

function resident(what: string, residentMB: number): Measurement {
  return {
    what: `resident memory: ${what}`,
    measured: `${residentMB.toFixed(0)} MB`,
    beside: '',
    budget: `at most ${MOST_RESIDENT_MB} MB`,
    within: residentMB <= MOST_RESIDENT_MB,
  }
}

const best = (runs: readonly Run[]): Run => runs.reduce((a, b) => (a.seconds <= b.seconds ? a : b))

const describe = (one: Run): string =>
  `${one.seconds.toFixed(1)} s (${one.processorSeconds.toFixed(1)} s of processor time, ${(one.bytes / 1e6).toFixed(0)} MB)`

/** Bash counts the processor time of what it waited for. */
async function timePipeline(
  project: string,
  pipeline: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const start = performance.now()
  const { stdout } = await run('bash', ['-c', `set -eo pipefail; ${pipeline}; times`], {
    cwd: project,
    env: { ...process.env, ...env },
  })
  const seconds = (performance.now() - start) / 1000
  const [bytes = '', , children = ''] = stdout.trim().split('\n')
  const processorSeconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
    0,
  )
  return { seconds, processorSeconds, bytes: Number(bytes), residentMB: 0 }
}

async function timeOurs(program: string, args: string[]): Promise<Run> {
  const start = performance.now()
  const { stdout } = await run(process.execPath, [program, ...args])
  const seconds = (performance.now() - start) / 1000
  return { seconds, ...(JSON.parse(stdout) as Omit<Run, 'seconds'>) }
}

async function uploadUrl(astro: LocalAstro): Promise<string> {
  const call = clientOf(astro, astro.tokens.workspace)
  const { body } = await call('POST', `/deployments/${astro.deploymentId}/deploys`, { type: 'DAG_ONLY' })
  return String(body.dagsUploadUrl)
}

/** As it runs for users: in one bundle, without the compiler that reads the sources. */
function bundleProgram(): string {
  const folder = path.join(tmpdir(), 'deploy-to-astro-bench', 'program')
  const ncc = createRequire(import.meta.url).resolve('@vercel/ncc/dist/ncc/cli.js')
  const source = path.join(import.meta.dirname, 'pack-and-upload.ts')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [ncc, 'build', source, '--out', folder, '--quiet'],
    {
      cwd: path.resolve(import.meta.dirname, '../..'),
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`the program was not bundled: ${stdout}${stderr}`)
  return path.join(folder, 'index.js')
}

async function residentOfAction(astro: LocalAstro, project: string): Promise<number> {
  const note = path.join(tmpdir(), 'deploy-to-astro-bench', 'resident')
  rmSync(note, { force: true })
  // As plain JavaScript: to load a source file would take memory of its own.
  const atExit = `import { readFileSync, writeFileSync } from 'node:fs'
    ${mostResidentMB.toString()}
    process.on('exit', () => writeFileSync(${JSON.stringify(note)}, String(mostResidentMB())))`
  const { exitCode, stdout, workspaceChanges } = await runStep({
    workspace: project,
    inputs: {
      'key-id': astro.keyId,
      'key-secret': astro.keySecret,
      'deployment-id': astro.deploymentId,
      domain: astro.origin,
    },
    env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(atExit)}` },
  })
  if (exitCode !== 0 || workspaceChanges.length > 0) {
    throw new Error(`the deploy failed or changed the project: ${workspaceChanges.join('\n')}\n${stdout}`)
  }
  return Number(readFileSync(note, 'utf8'))
}

async function residentOfLargeFile(program: string): Promise<number> {
  const project = path.join(tmpdir(), 'deploy-to-astro-bench', 'large')
  mkdirSync(path.join(project, 'dags'), { recursive: true })
  const file = openSync(path.join(project, 'dags', 'large.zip'), 'w')
  ftruncateSync(file, LARGE_FILE_BYTES)
  closeSync(file)
  return (await timeOurs(program, [project])).residentMB
}

if (import.meta.main) console.log(renderTable(await measureArchive()))
