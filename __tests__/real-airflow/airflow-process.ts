import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AirflowMajor } from '../../src/airflow/types.ts'
import type { Release } from './install.ts'
import { installAirflow, majorOf } from './install.ts'

export type RunningAirflow = {
  readonly major: AirflowMajor
  readonly version: string
  readonly origin: string
  /** Where it looks for DAGs. */
  readonly dagsFolder: string
  /** Holds the version of what is in there, where its DAG bundle has versions. */
  readonly versionFile: string
  /** An Authorization header that it accepts. */
  readonly authorization: string
  /** Ends all of its processes and removes its files. */
  stop(): Promise<void>
}

/** As they are pinned in the lists of what is installed. */
const VERSIONS: Readonly<Record<Release, string>> = {
  '2.10': '2.10.5',
  '2': '2.11.2',
  '3': '3.1.8',
  '3.3': '3.3.2',
}

/**
 * How often it parses: all the time; as on Astro, which keeps Airflow's defaults but for a look for new files every half a minute;
 * or a file that has not changed only every ten minutes.
 */
export type Pace = 'fast' | 'astro' | 'rare'

const PARSES: Readonly<Record<Pace, { readonly file: number; readonly folder: number }>> = {
  fast: { file: 1, folder: 1 },
  astro: { file: 30, folder: 30 },
  rare: { file: 600, folder: 1 },
}
const READY_WITHIN_MS = 300_000
const USER = 'admin'
const PASSWORD = 'admin'

/**
 * Starts a real Apache Airflow with SQLite on free ports of loopback. It ends with this process, however that ends.
 *
 * @param isVersioned the DAG folder is a bundle with versions, as on Astro; only in Airflow 3
 */
export async function startAirflow(
  release: Release,
  pace: Pace = 'fast',
  isVersioned = false,
): Promise<RunningAirflow> {
  const version = VERSIONS[release]
  const major = majorOf(release)
  const bin = await installAirflow(release)
  const home = await mkdtemp(path.join(tmpdir(), `airflow-${release}-`))
  const dagsFolder = path.join(home, 'dags')
  await mkdir(dagsFolder)
  const [web = 0, ...logs] = await freePorts(3)
  const origin = `http://127.0.0.1:${web}`
  if (major === 3) await writeFile(path.join(home, 'passwords.json'), JSON.stringify({ [USER]: PASSWORD }))
  const versionFile = path.join(home, 'dag-version')
  if (isVersioned) await writeFile(path.join(home, 'folder_bundle.py'), FOLDER_BUNDLE)
  const keeper = fork(fileURLToPath(new URL('airflow-keeper.ts', import.meta.url)), [], {
    detached: true,
    env: {
      ...process.env,
      ...common(home, dagsFolder, logs),
      ...(major === 3 ? airflow3(home, web) : airflow2(web)),
      ...parsing(major, pace),
      ...(isVersioned ? versioned(home) : {}),
      PATH: `${bin}:${process.env.PATH ?? ''}`,
      NODE_OPTIONS: '',
    },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = new AbortController()
  for (const event of ['message', 'exit']) keeper.once(event, () => ended.abort())

  async function stop(): Promise<void> {
    if (keeper.exitCode !== null || keeper.signalCode !== null) return
    const exited = once(keeper, 'exit')
    keeper.disconnect()
    await exited
  }

  try {
    const deadline = Date.now() + READY_WITHIN_MS
    while (!(await isReady(major, origin))) {
      if (ended.signal.aborted || Date.now() > deadline) {
        const log = await readFile(path.join(home, 'airflow.log'), 'utf8')
        throw new Error(`Airflow ${version} did not start:\n${log.slice(-5_000)}`)
      }
      await delay(300)
    }
    const authorization = major === 3 ? await signIn(origin) : await basicAuthorization(home)
    return { major, version, origin, dagsFolder, versionFile, authorization, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function isReady(major: AirflowMajor, origin: string): Promise<boolean> {
  const place = major === 3 ? '/api/v2/monitor/health' : '/api/v1/health'
  try {
    const health = (await (await fetch(origin + place)).json()) as { scheduler?: { status?: string } }
    return health.scheduler?.status === 'healthy'
  } catch {
    return false
  }
}

async function signIn(origin: string): Promise<string> {
  const response = await fetch(`${origin}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: USER, password: PASSWORD }),
  })
  return `Bearer ${((await response.json()) as { access_token: string }).access_token}`
}

/** Airflow 2 makes a user with a password of its own choice. */
async function basicAuthorization(home: string): Promise<string> {
  const password = await readFile(path.join(home, 'standalone_admin_password.txt'), 'utf8')
  return `Basic ${Buffer.from(`${USER}:${password.trim()}`).toString('base64')}`
}

function common(home: string, dagsFolder: string, [workers = 0, triggers = 0]: readonly number[]) {
  return {
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: dagsFolder,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__PARALLELISM: '2',
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(workers),
    AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT: String(triggers),
    AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC: '1',
    // A helper that changes within a second and keeps its size would be loaded from its stale bytecode.
    PYTHONDONTWRITEBYTECODE: '1',
  }
}

function airflow3(home: string, port: number) {
  return {
    AIRFLOW__API__HOST: '127.0.0.1',
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__WORKERS: '1',
    AIRFLOW__API__SECRET_KEY: 'only-for-tests-0123456789abcdef',
    AIRFLOW__API_AUTH__JWT_SECRET: 'only-for-tests-0123456789abcdef0123456789abcdef',
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: `${USER}:admin`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: path.join(home, 'passwords.json'),
  }
}

function airflow2(port: number) {
  return {
    AIRFLOW__WEBSERVER__WEB_SERVER_HOST: '127.0.0.1',
    AIRFLOW__WEBSERVER__WEB_SERVER_PORT: String(port),
    AIRFLOW__WEBSERVER__WORKERS: '1',
    AIRFLOW__WEBSERVER__SECRET_KEY: 'only-for-tests',
    AIRFLOW__API__AUTH_BACKENDS: 'airflow.api.auth.backend.basic_auth',
  }
}

/** A DAG bundle whose version is what a file beside it says. */
const FOLDER_BUNDLE = `
import os
from pathlib import Path

from airflow.dag_processing.bundles.base import BaseDagBundle


class FolderBundle(BaseDagBundle):
    supports_versioning = True

    @property
    def path(self):
        return Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])

    def get_current_version(self):
        file = Path(os.environ["AIRFLOW_HOME"], "dag-version")
        return file.read_text() if file.exists() else "none"

    def refresh(self):
        pass
`

function versioned(home: string): Record<string, string> {
  const bundle = { name: 'dags-folder', classpath: 'folder_bundle.FolderBundle', kwargs: {} }
  return {
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: JSON.stringify([bundle]),
    PYTHONPATH: home,
  }
}

function parsing(major: AirflowMajor, pace: Pace): Record<string, string> {
  const { file, folder } = PARSES[pace]
  const often =
    major === 3
      ? {
          AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: String(file),
          AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: String(folder),
        }
      : {
          AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL: String(file),
          AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL: String(folder),
        }
  if (pace === 'astro') return often
  const impatient = {
    AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL: '0',
    AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT: '4',
    AIRFLOW__SCHEDULER__PARSING_CLEANUP_INTERVAL: '1',
  }
  return major === 3
    ? {
        ...{ ...often, ...impatient },
        AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL: '1',
        AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD: '5',
      }
    : {
        ...{ ...often, ...impatient },
        AIRFLOW__CORE__MIN_SERIALIZED_DAG_FETCH_INTERVAL: '0',
        AIRFLOW__SCHEDULER__DAG_STALE_NOT_SEEN_DURATION: '5',
        AIRFLOW__SCHEDULER__STALE_DAG_THRESHOLD: '5',
      }
}

/** Ports that nobody listened on a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
