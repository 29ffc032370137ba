import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A Docker engine of this run's own. */
export type Engine = {
  /** What a docker client needs in its environment to reach it; without buildx unless that is asked for. */
  environment(options?: { buildx?: boolean }): Record<string, string>
  stop(): Promise<void>
}

const START_MS = 60_000
const STOP_MS = 30_000

/** What is missing on this machine for an engine of our own; empty when nothing is. */
export function missingForEngine(): string[] {
  const programs = {
    dockerd: 'docker.io',
    docker: 'docker.io',
    'docker-registry': 'docker-registry',
    ip: 'iproute2',
  }
  return [...missingPrograms(programs), ...(process.getuid?.() === 0 ? [] : ['root'])]
}

/**
 * @param programs from a program's name to the Debian package that has it
 * @returns the packages of the programs that are not there
 */
export function missingPrograms(programs: Readonly<Record<string, string>>): string[] {
  const absent = Object.entries(programs)
    .filter(
      ([program]) => spawnSync('sh', ['-c', `command -v ${program}`], { env: searchPath() }).status !== 0,
    )
    .map(([, debian]) => debian)
  return [...new Set(absent)]
}

/** Debian's own docker first: another client may stand before it. */
function searchPath(): Record<string, string | undefined> {
  return { ...process.env, PATH: `/usr/bin:/usr/sbin:/sbin:${process.env.PATH ?? ''}` }
}

/**
 * Starts dockerd with a socket, a data root and a network bridge of its own, so that it meets no other engine of the
 * machine. Images in it are not reachable from outside, and neither is the network from its containers.
 *
 * @param buildx the plugin's binary
 */
export async function startEngine(buildx: string): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'))
  const bridge = `dta${randomBytes(4).toString('hex')}`
  execFileSync('ip', ['link', 'add', 'name', bridge, 'type', 'bridge'], { env: searchPath() })
  execFileSync('ip', ['addr', 'add', `10.213.${randomInt(256)}.1/24`, 'dev', bridge], { env: searchPath() })
  execFileSync('ip', ['link', 'set', bridge, 'up'], { env: searchPath() })

  const host = `unix://${join(folder, 'docker.sock')}`
  const log = join(folder, 'dockerd.log')
  const child = spawn(
    'dockerd',
    [
      ...['--host', host, '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['--pidfile', join(folder, 'docker.pid'), '--bridge', bridge],
      ...['--iptables=false', '--ip6tables=false', '--ip-masq=false', '--ip-forward=false'],
    ],
    { env: searchPath(), stdio: ['ignore', openSync(log, 'w'), openSync(log, 'a')] },
  )
  const exited = once(child, 'exit')
  const plain = join(folder, 'plain')
  const withBuildx = join(folder, 'buildx')
  mkdirSync(plain)
  mkdirSync(join(withBuildx, 'cli-plugins'), { recursive: true })
  const plugin = join(withBuildx, 'cli-plugins/docker-buildx')
  copyFileSync(buildx, plugin)
  chmodSync(plugin, 0o755)

  const engine: Engine = {
    environment: (options = {}) => ({
      PATH: searchPath().PATH ?? '',
      DOCKER_HOST: host,
      DOCKER_CONFIG: options.buildx === true ? withBuildx : plain,
    }),
    async stop() {
      child.kill()
      const ended = await Promise.race([exited.then(() => true), delay(STOP_MS, false, { ref: false })])
      if (!ended) child.kill('SIGKILL')
      await exited
      spawnSync('ip', ['link', 'del', bridge], { env: searchPath() })
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  try {
    await answers(engine, () => child.exitCode === null)
  } catch (error) {
    const said = readFileSync(log, 'utf8').split('\n').slice(-15).join('\n')
    await engine.stop()
    throw new Error(`dockerd did not start:\n${said}`, { cause: error })
  }
  return engine
}

async function answers(engine: Engine, isAlive: () => boolean): Promise<void> {
  const until = Date.now() + START_MS
  const env = { ...process.env, ...engine.environment() }
  while (spawnSync('docker', ['version'], { env }).status !== 0) {
    if (!isAlive() || Date.now() > until) throw new Error('no answer')
    await delay(200)
  }
}
