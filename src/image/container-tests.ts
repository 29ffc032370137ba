import { randomUUID } from 'node:crypto'
import { access, lstat, readFile, realpath } from 'node:fs/promises'
import * as path from 'node:path'
import { ActionError } from '../errors.ts'
import { lastLine } from './builder.ts'
import type { Docker, DockerResult } from './docker.ts'
import type { TestReport } from './junit.ts'
import { ASTRO_HOME, readJUnit } from './junit.ts'

export type TestDependencies = {
  readonly docker: Docker
  readonly log: { readonly info: (line: string) => void }
}

export type TestRequest = {
  readonly kind: 'parse' | 'pytest'
  /** The image to test in. */
  readonly image: string
  /** The project, absolute. */
  readonly folder: string
  readonly dagsPath: string
  /** What pytest is to run, relative to the project. */
  readonly file: string
  /** A folder for the report; this file is new in it. */
  readonly scratch: string
}

export type TestOutcome = {
  readonly kind: TestRequest['kind']
  readonly exitCode: number
  readonly report: TestReport | undefined
  /** The last line of the output, which is pytest's summary. */
  readonly summary: string
}

/** The test that `astro dev init` puts into each project. */
export const INTEGRITY_TEST = '.astro/test_dag_integrity_default.py'
const FOLDERS = ['tests', 'plugins', 'include', '.astro'] as const
const REPORT = '/tmp/deploy-to-astro-junit.xml'
/** Airflow shows the last two lines of a traceback by default, and these are often not of the DAG. */
const WHOLE_TRACEBACKS = 'AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH=30'
/** In bytes; a report of ten thousand failures has a tenth of it. */
const LARGEST_REPORT = 64 * 2 ** 20

/** The file that pytest gets: below `tests/` unless its path says so itself, as in the Astro CLI. */
export function pytestTarget(given: string): string {
  if (given === '') return 'tests/'
  return given.includes('tests') ? given : `tests/${given}`
}

/** The same inside of the container, where the DAG folder is called dags. */
export function insideContainer(file: string, dagsPath: string): string {
  return dagsPath !== '' && file.startsWith(`${dagsPath}/`) ? `dags${file.slice(dagsPath.length)}` : file
}

/** Fails before anything is built when a test that was asked for is not in the project. */
export async function requireTestFile(
  folder: string,
  kind: TestRequest['kind'],
  file: string,
): Promise<void> {
  try {
    await access(path.join(folder, file.split('::')[0] ?? file))
  } catch {
    throw kind === 'parse' ? noIntegrityTest(folder) : noTests(file)
  }
}

/**
 * Runs pytest in a container of the image, as the Astro CLI does (section 3.8 of the control plane's contract): the
 * image's own entrypoint and user, with the project's DAGs, tests, plugins and include laid over what the image has. The
 * container has a name of its own and is removed, however the tests end.
 *
 * @throws ActionError ASTRO-TESTS-CONTAINER when the container cannot be made or started
 */
export async function runTests(deps: TestDependencies, request: TestRequest): Promise<TestOutcome> {
  const { docker, log } = deps
  const name = `deploy-to-astro-${request.kind}-${randomUUID()}`
  const arguments_ = [
    'pytest',
    insideContainer(request.file, request.dagsPath),
    `--junitxml=${REPORT}`,
    '-o',
    'junit_family=xunit1',
    '--color=no',
  ]
  try {
    const command = ['create', '--name', name, '--env', WHOLE_TRACEBACKS, request.image, ...arguments_]
    succeeded(await docker(command, { whenCancelled: 'finish' }), 'create the container')
    for (const [from, to] of await copies(request)) {
      succeeded(await docker(['cp', from, `${name}:${to}`]), `copy ${path.basename(to)} into the container`)
    }
    const run = await docker(['start', '--attach', name], { onLine: log.info, whenCancelled: 'kill' })
    const state = succeeded(
      await docker(['container', 'inspect', '--format', '{{.State.ExitCode}} {{.State.Error}}', name]),
      'read how the tests ended',
    )
    const [code = '', ...words] = state.stdout.trim().split(' ')
    if (words.length > 0) throw containerFailed('start the container', words.join(' '))
    return {
      kind: request.kind,
      exitCode: Number(code),
      report: await copyReport(docker, name, request),
      summary: lastLine(run.stdout || run.stderr).replace(/^=+ | =+$/g, ''),
    }
  } finally {
    await removeContainer(docker, name)
  }
}

async function copies({ folder, dagsPath }: TestRequest): Promise<readonly (readonly [string, string])[]> {
  const wanted = [[dagsPath, 'dags'] as const, ...FOLDERS.map((name) => [name, name] as const)]
  const found = await Promise.all(
    wanted.map(async ([from, to]) => {
      try {
        return [[`${await realpath(path.join(folder, from))}/.`, `${ASTRO_HOME}/${to}`] as const]
      } catch {
        return []
      }
    }),
  )
  return found.flat()
}

async function copyReport(
  docker: Docker,
  name: string,
  request: TestRequest,
): Promise<TestReport | undefined> {
  const file = path.join(request.scratch, `${request.kind}.xml`)
  const { exitCode } = await docker(['cp', `${name}:${REPORT}`, file])
  return exitCode === 0 ? readReport(file) : undefined
}

/**
 * Reads a report that came out of a container; undefined when it is none. What tests leave there may be anything: a link
 * would lead to a file of this machine, for docker copies it as one.
 */
export async function readReport(file: string): Promise<TestReport | undefined> {
  const stats = await lstat(file)
  if (!stats.isFile() || stats.size > LARGEST_REPORT) return undefined
  return readJUnit(await readFile(file, 'utf8'))
}

/** Also after the run was cancelled, when `docker` itself refuses to work: then the engine is asked once more. */
async function removeContainer(docker: Docker, name: string): Promise<void> {
  await docker(['container', 'rm', '--force', '--volumes', name], { whenCancelled: 'run' }).catch(
    () => undefined,
  )
}

function succeeded(result: DockerResult, what: string): DockerResult {
  if (result.exitCode !== 0) throw containerFailed(what, lastLine(result.stderr))
  return result
}

function containerFailed(what: string, observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-TESTS-CONTAINER',
    problem: `Could not run the tests in the image: could not ${what}.`,
    observed,
    likelyCause: 'The image has no pytest on its PATH (Astro Runtime has it), or the engine is out of space.',
    fix: 'Add pytest to requirements.txt. `force: true` deploys without tests.',
  })
}

function noIntegrityTest(folder: string): ActionError {
  return new ActionError({
    code: 'ASTRO-TESTS-NO-INTEGRITY-TEST',
    problem: '`parse` is true, and the project has no test that could parse its DAGs.',
    observed: `${path.join(folder, INTEGRITY_TEST)} is not there.`,
    likelyCause:
      'The folder .astro is not committed (a .gitignore may name it), or `root-folder` does not name the project.',
    fix: 'Run `astro dev init` in the project with the Astro CLI, which writes it, and commit .astro/. Or leave `parse` out.',
  })
}

function noTests(file: string): ActionError {
  return new ActionError({
    code: 'ASTRO-TESTS-NONE',
    problem: '`pytest` is true, and there are no tests to run.',
    observed: `The project has no ${file}.`,
    fix: 'Correct `pytest-file` (it is relative to the project; below tests/ unless its path says so), or leave `pytest` out.',
  })
}
