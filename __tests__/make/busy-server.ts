/**
 * Passes connections on to the port on loopback that its argument names, but takes none in during its first second; how many
 * may wait for that is as few as can be.
 */
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'

const target = Number(process.argv[2])
const server = createServer((client) => {
  const inner = connect(target, '127.0.0.1')
  client.pipe(inner).pipe(client)
  client.on('error', () => inner.destroy())
  inner.on('error', () => client.destroy())
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
  process.send?.((server.address() as AddressInfo).port, () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
  })
})
