import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type Azurite = { origin: string }

/** A share in the Azurite of this process. */
export type AzuriteLease = { azurite: Promise<Azurite>; release(): Promise<void> }

/** The storage account; its name is the first part of every blob URL's path. */
export const account = 'localastrodags'
export const accountKey = randomBytes(64).toString('base64')

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

/**
 * Starts Azurite unless it runs, and counts who uses it; the last to release stops it. Its account key is made for this
 * process, so upload URLs carry real secrets.
 */
export function leaseAzurite(): AzuriteLease {
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
