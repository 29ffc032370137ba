import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import type { Measurement } from './measurement.ts'
import { median } from './measurement.ts'

const BUNDLE = path.resolve(import.meta.dirname, '../../dist/index.js')
const RUNS = 15
const BUDGET_MS = 60

/** From the start of the process to its first request, beside an empty Node, in turns. */
export async function measureStartup(): Promise<Measurement> {
  const bare: number[] = []
  const ours: number[] = []
  for (let run = 0; run < RUNS; run++) {
    bare.push(await timeBareNode())
    ours.push(await timeToFirstRequest())
  }
  const above = median(ours) - median(bare)
  return {
    what: 'start of dist/index.js to its first request, above an empty Node',
    measured: `${above.toFixed(0)} ms`,
    beside: `node -e 0: ${median(bare).toFixed(0)} ms`,
    budget: `at most ${BUDGET_MS} ms`,
    within: above <= BUDGET_MS,
  }
}

async function timeBareNode(): Promise<number> {
  const start = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - start
}

async function timeToFirstRequest(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const start = performance.now()
  const child = spawn(process.execPath, [BUNDLE], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      'INPUT_KEY-ID': 'id',
      'INPUT_KEY-SECRET': 'secret',
      INPUT_DOMAIN: `http://127.0.0.1:${port}`,
    },
  })
  await once(server, 'request')
  const elapsed = performance.now() - start
  child.kill('SIGKILL')
  await once(child, 'exit')
  server.closeAllConnections()
  server.close()
  return elapsed
}
