import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import type { Tree } from './tree.ts'
import { compareTrees, readTree } from './tree.ts'

export type Step = {
  /** The program; by default the bundle. */
  readonly entry?: string
  /** The step's `with:` block. */
  readonly inputs: Readonly<Record<string, string>>
  /** The repository that is checked out. */
  readonly workspace: string
  readonly env?: Readonly<Record<string, string>>
  readonly event?: unknown
  /** Called when the process runs, with what sends it a signal. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void
  /** Called with everything that was written so far. */
  readonly onOutput?: (stdout: string) => void
}

export type StepResult = {
  /** Null when a signal ended the process. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
  /** Annotations by level, decoded. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  readonly notices: readonly string[]
  /** Annotations on files of the repository. */
  readonly places: readonly {
    readonly level: string
    readonly file: string
    readonly line: number | undefined
    readonly message: string
  }[]
  /** Every file of the runner that the step wrote to, by name. */
  readonly files: Readonly<Record<string, string>>
  /** What the step left in its folders for temporary files and in its home. */
  readonly left: Tree
  /** How the workspace differs from what it was before, a line for each path. */
  readonly workspaceChanges: readonly string[]
}

const BUNDLE = path.resolve(import.meta.dirname, '../../dist/index.js')

/** The environment that GitHub's runner gives a step, without what this machine adds. */
export const RUNNER_ENVIRONMENT: Readonly<Record<string, string>> = {
  CI: 'true',
  GITHUB_ACTIONS: 'true',
  GITHUB_ACTION_REF: 'v1',
  GITHUB_ACTOR: 'octocat',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REF_NAME: 'main',
  GITHUB_REF_TYPE: 'branch',
  GITHUB_HEAD_REF: '',
  GITHUB_REPOSITORY: 'acme/etl',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_SHA: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d',
}

/** Runs `dist/index.js`, or another entry, in a process of its own, as the runner runs it. */
export async function runStep(step: Step): Promise<StepResult> {
  const place = await mkdtemp(path.join(tmpdir(), 'runner-'))
  const commandFile = (name: string): string => path.join(place, 'commands', name)
  const [temp, home] = [path.join(place, 'folders', 'temp'), path.join(place, 'folders', 'home')]
  try {
    await Promise.all([
      mkdir(path.join(place, 'commands')),
      mkdir(temp, { recursive: true }),
      mkdir(home, { recursive: true }),
    ])
    await Promise.all([
      writeFile(commandFile('output'), ''),
      writeFile(commandFile('summary'), ''),
      writeFile(commandFile('state'), ''),
      writeFile(commandFile('env'), ''),
      writeFile(commandFile('path'), ''),
      writeFile(commandFile('event.json'), JSON.stringify(step.event ?? {})),
    ])
    const env: Record<string, string> = {
      PATH: process.env.PATH ?? '',
      ...(process.env.SystemRoot ? { SystemRoot: process.env.SystemRoot } : {}),
      ...RUNNER_ENVIRONMENT,
      HOME: home,
      USERPROFILE: home,
      RUNNER_TEMP: temp,
      TMPDIR: temp,
      TEMP: temp,
      TMP: temp,
      GITHUB_WORKSPACE: step.workspace,
      GITHUB_OUTPUT: commandFile('output'),
      GITHUB_STEP_SUMMARY: commandFile('summary'),
      GITHUB_STATE: commandFile('state'),
      GITHUB_ENV: commandFile('env'),
      GITHUB_PATH: commandFile('path'),
      GITHUB_EVENT_PATH: commandFile('event.json'),
      ...step.env,
      ...Object.fromEntries(
        Object.entries(step.inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
    }
    const before = await readTree(step.workspace)
    const { exitCode, stdout, stderr } = await execute(step, env)
    const [output = '', summary = '', state = '', environment = '', search = ''] = await Promise.all(
      ['output', 'summary', 'state', 'env', 'path'].map((name) => readFile(commandFile(name), 'utf8')),
    )
    return {
      exitCode,
      stdout,
      stderr,
      outputs: parseOutputs(output),
      summary,
      errors: annotations(stdout, 'error'),
      warnings: annotations(stdout, 'warning'),
      notices: annotations(stdout, 'notice'),
      places: places(stdout),
      files: { output, summary, state, env: environment, path: search },
      left: await readTree(path.join(place, 'folders'), { folders: ['home', 'temp'] }),
      workspaceChanges: compareTrees(before, await readTree(step.workspace)),
    }
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

function execute(
  step: Step,
  env: Record<string, string>,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [step.entry ?? BUNDLE], {
      cwd: step.workspace,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      step.onOutput?.(stdout)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('spawn', () => step.onStart?.((signal) => child.kill(signal)))
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}

/** The runner's file format: `name<<delimiter`, lines, `delimiter`. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = text.split(/\r?\n/)
  for (let at = 0; at < lines.length; at++) {
    const [, name, delimiter] = /^(.*?)<<(.*)$/.exec(lines[at] ?? '') ?? []
    if (name === undefined || delimiter === undefined) continue
    const end = lines.indexOf(delimiter, at + 1)
    outputs[name] = lines.slice(at + 1, end).join('\n')
    at = end
  }
  return outputs
}

/** Annotations that are on a file of the repository. */
function places(stdout: string): StepResult['places'] {
  const commands = stdout.matchAll(/^::(error|warning) ([^\n]*?\bfile=[^\n]*?)::(.*)$/gm)
  return [...commands].map(([, level = '', properties = '', text = '']) => {
    const given = new Map(properties.split(',').map((pair) => pair.split('=', 2) as [string, string]))
    const line = given.get('line')
    return {
      level,
      file: given.get('file') ?? '',
      line: line === undefined ? undefined : Number(line),
      message: decodeCommand(text),
    }
  })
}

/** The messages of the annotations of a level that are on no file, decoded. */
export function annotations(stdout: string, level: 'error' | 'warning' | 'notice'): string[] {
  const commands = new RegExp(`^::${level}(?! [^\\n]*?\\bfile=[^\\n]*?::)(?: [^\\n]*?)?::(.*)$`, 'gm')
  return [...stdout.matchAll(commands)].map(([, text]) => decodeCommand(text ?? ''))
}

/** What the runner makes of a command's text. */
export function decodeCommand(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
