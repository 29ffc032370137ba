import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import * as path from 'node:path'

export type FarHost = { readonly port: number; readonly stop: () => void }

/** Two of IPv6, which no route leads to, each followed by one of IPv4. */
export const FAR_ADDRESSES = [
  { address: '2001:db8::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
  { address: '2001:db8::2', family: 6 },
  { address: '127.0.0.1', family: 4 },
]

/**
 * A server that is a second away. Linux drops what asks a busy server for a connection that has no room to wait, and who
 * asked asks again a second later.
 *
 * @param target the port on loopback of the server behind it
 */
export async function startFarHost(target: number): Promise<FarHost> {
  const busy = fork(path.join(import.meta.dirname, 'busy-server.ts'), [String(target)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [port] = (await once(busy, 'message')) as [number]
  const waiting = Array.from({ length: 3 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  await new Promise((resolve) => setTimeout(resolve, 100))
  return {
    port,
    stop() {
      for (const socket of waiting) socket.destroy()
      busy.kill('SIGKILL')
    },
  }
}
