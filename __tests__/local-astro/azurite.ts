import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type Azurite = { origin: string }

/** A share in the Azurite of this process. */
export type AzuriteLease = { azurite: Promise<Azurite>; release(): Promise<void> }

const SHARED_ORIGIN = 'LOCAL_ASTRO_AZURITE'
const SHARED_KEY = 'LOCAL_ASTRO_AZURITE_KEY'

/** The storage account; its name is the first part of every blob URL's path. */
export const account = 'localastrodags'
/** Made anew, so that upload URLs carry real secrets. */
export const accountKey = process.env[SHARED_KEY] ?? randomBytes(64).toString('base64')

type Running = { child: ChildProcess; azurite: Promise<Azurite>; ready: boolean; leases: number }
let running: Running | undefined

function start(): Running {
  const child = fork(fileURLToPath(new URL('azurite-process.ts', import.meta.url)), [], {
    env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${accountKey}`, NODE_OPTIONS: '' },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const azurite = new Promise<Azurite>((resolve, reject) => {
    child.once('message', (message) => {
      started.ready = true
      resolve({ origin: (message as { origin: string }).origin })
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Azurite ended with ${String(code)}: ${errors}`)))
  })
  azurite.catch(() => undefined)
  const started: Running = { child, azurite, ready: false, leases: 0 }
  return started
}

async function stop({ child, ready }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  // While it is still loading it has no folder to remove, and would not notice the end of the channel.
  if (ready && child.connected) child.disconnect()
  else child.kill()
  await exited
}

/** Starts Azurite unless it runs, or is shared, and counts who uses it; the last to release stops it. */
export function leaseAzurite(): AzuriteLease {
  const origin = process.env[SHARED_ORIGIN]
  if (origin !== undefined) return { azurite: Promise.resolve({ origin }), release: () => Promise.resolve() }
  const current = (running ??= start())
  current.leases += 1
  let held = true
  return {
    azurite: current.azurite,
    async release() {
      if (!held) return
      held = false
      current.leases -= 1
      if (current.leases > 0) return
      if (running === current) running = undefined
      await stop(current)
    },
  }
}

/**
 * Keeps the Azurite of this process up until the answer is called, for a file of tests that each start and stop a local
 * Astro of their own.
 */
export async function holdAzurite(): Promise<() => Promise<void>> {
  const lease = leaseAzurite()
  await lease.azurite
  return () => lease.release()
}

let shared: AzuriteLease | undefined

/** One Azurite for this process and those that it starts from now on. */
export async function shareAzurite(): Promise<void> {
  shared = leaseAzurite()
  const { origin } = await shared.azurite
  process.env[SHARED_ORIGIN] = origin
  process.env[SHARED_KEY] = accountKey
}

export async function unshareAzurite(): Promise<void> {
  await shared?.release()
}
