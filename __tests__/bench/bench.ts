import { availableParallelism, cpus } from 'node:os'
import { measureArchive } from './archive.ts'
import { measureDeploy, measureWaiting } from './deploy.ts'
import { measureImage } from './image.ts'
import type { Measurement } from './measurement.ts'
import { renderTable } from './measurement.ts'
import { measureStartup } from './startup.ts'
import { measureVerification } from './verification.ts'

/** Measures the budgets of the design, each beside something that ran in the same minute on the same machine. */
async function bench(): Promise<void> {
  console.log(
    `${availableParallelism()} processors (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}\n`,
  )
  const parts: readonly (readonly [string, () => Promise<Measurement | readonly Measurement[]>])[] = [
    ['start-up', measureStartup],
    ['deploy', measureDeploy],
    ['waiting', measureWaiting],
    ['verification', measureVerification],
    ['archive and upload', measureArchive],
    ['image', measureImage],
  ]
  const rows: Measurement[] = []
  for (const [name, measure] of parts) {
    console.log(`measuring: ${name} …`)
    rows.push(...[await measure()].flat())
  }
  console.log(`\n${renderTable(rows)}`)
}

await bench()
