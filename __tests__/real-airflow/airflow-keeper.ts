/**
 * The process that Airflow runs under. Forked by airflow-process.ts as the leader of a session: runs `airflow standalone` and,
 * at the end of the channel to its parent (when the parent is done, or dead), ends every process of the session and removes
 * Airflow's home. A session, because Airflow leaves children behind when only the parent is ended, and the DAG processor of
 * Airflow 2 leaves the process group of its parent.
 */
import { spawn, spawnSync } from 'node:child_process'
import { openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const HOME = process.env.AIRFLOW_HOME ?? ''
const ENDS_WITHIN_MS = 5_000

let isEnding = false
async function end(): Promise<void> {
  if (isEnding) return
  isEnding = true
  const deadline = Date.now() + ENDS_WITHIN_MS
  while (signalOthers(Date.now() < deadline ? 'SIGTERM' : 'SIGKILL')) await delay(300)
  rmSync(HOME, { recursive: true, force: true, maxRetries: 5 })
  process.exit()
}

/** Signals every other process of the session; false when there is none left. */
function signalOthers(signal: NodeJS.Signals): boolean {
  const ps = spawnSync('ps', ['-eo', 'pid=,sess=,stat='], { encoding: 'utf8' })
  const others = ps.stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, session, state]) => Number(session) === process.pid && state?.startsWith('Z') === false)
    .map(([pid]) => Number(pid))
    .filter((pid) => pid !== process.pid && pid !== ps.pid)
  for (const pid of others) {
    try {
      process.kill(pid, signal)
    } catch {
      continue
    }
  }
  return others.length > 0
}

process.once('disconnect', () => void end())
process.on('SIGTERM', () => void end())
process.on('SIGINT', () => undefined)
if (process.connected) {
  const log = openSync(join(HOME, 'airflow.log'), 'w')
  const airflow = spawn('airflow', ['standalone'], { cwd: HOME, stdio: ['ignore', log, log] })
  airflow.once('exit', (code) => {
    if (process.connected) process.send?.({ ended: code })
  })
} else {
  void end()
}
