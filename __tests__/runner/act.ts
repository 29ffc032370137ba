import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ActionReference } from './workflow.ts'

const ACT_VERSION = 'v0.2.89'
const LIMIT_MS = 5 * 60_000

const goTool = fileURLToPath(new URL('../../.ci/go-tool', import.meta.url))

/** Builds nektos/act once into .cache/; returns its path. */
export function installAct(): string {
  const args = ['github.com/nektos/act', ACT_VERSION]
  return execFileSync(goTool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}

export type ActRun = {
  /** A git repository with workflows. */
  readonly repository: string
  readonly event: unknown
  readonly secrets: Readonly<Record<string, string>>
  readonly vars: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  /** The action that comes from a folder with action.yml and dist/, whatever its ref is. */
  readonly action: ActionReference & { readonly folder: string }
  /** An empty folder for act's own files. */
  readonly scratch: string
}

/**
 * Runs a push event's workflows on this machine, without Docker and without a network: act takes the repository's own
 * files for actions/checkout and the given folder for the action. Resolves with the exit code (-1 when a signal ended it)
 * and everything that it printed.
 */
export function runAct(act: string, run: ActRun): Promise<{ code: number; output: string }> {
  const file = (name: string, content: string): string => {
    const path = join(run.scratch, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
  mkdirSync(run.scratch, { recursive: true })
  const { action } = run
  const args = [
    'push',
    '--platform',
    'ubuntu-latest=-self-hosted',
    '--local-repository',
    `${action.repository}@${action.ref}=${action.folder}`,
    '--no-cache-server',
    '--eventpath',
    file('event.json', JSON.stringify(run.event)),
    '--secret-file',
    file('secrets', dotenv(run.secrets)),
    '--var-file',
    file('vars', dotenv(run.vars)),
    '--env-file',
    file('env', dotenv(run.env)),
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(act, args, {
      cwd: run.repository,
      env: surroundings(run.scratch),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    }
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code: code ?? -1, output })
    })
  })
}

/** This process's environment with the Node that runs the action first, without what another runner or a user left in it. */
function surroundings(home: string): Record<string, string | undefined> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(GITHUB|RUNNER|ACTIONS|INPUT|ACT|ASTRO)/.test(name),
  )
  return {
    ...Object.fromEntries(own),
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
  }
}

const dotenv = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
