import { availableParallelism, cpus } from 'node:os'
import { missingForEngine, missingPrograms } from '../image/engine.ts'
import { measureArchive } from './archive.ts'
import { measureCancelling } from './cancelling.ts'
import { measureCheck } from './check.ts'
import { measureDeploy, measureWaiting } from './deploy.ts'
import { measureImage } from './image.ts'
import type { Measurement } from './measurement.ts'
import { renderTable } from './measurement.ts'
import { measureStartup } from './startup.ts'
import { measureVerification } from './verification.ts'

type Part = {
  readonly measure: () => Promise<Measurement | readonly Measurement[]>
  /** What the machine lacks for it. */
  readonly missing?: () => readonly string[]
}

const parts: Readonly<Record<string, Part>> = {
  'start-up': { measure: measureStartup },
  deploy: { measure: measureDeploy },
  waiting: { measure: measureWaiting },
  cancelling: { measure: measureCancelling },
  verification: { measure: measureVerification },
  check: { measure: measureCheck, missing: () => (process.platform === 'linux' ? [] : ['Linux']) },
  archive: {
    measure: measureArchive,
    missing: () => missingPrograms({ tar: 'tar', pigz: 'pigz', curl: 'curl' }),
  },
  image: { measure: measureImage, missing: missingForEngine },
}

/**
 * Measures the budgets of the design, each beside something that ran in the same minute on the same machine.
 *
 * @param names of the parts to measure; none: all of them
 */
async function bench(names: readonly string[]): Promise<void> {
  const chosen = (names.length > 0 ? names : Object.keys(parts)).map((name) => [name, parts[name]] as const)
  const problems = chosen.flatMap(([name, part]) => {
    if (!part) return `There is no part ${name}; there are: ${Object.keys(parts).join(', ')}.`
    const missing = part.missing?.() ?? []
    return missing.length > 0 ? `The part ${name} needs ${missing.join(', ')}.` : []
  })
  if (problems.length > 0) {
    console.error(problems.join('\n'))
    process.exitCode = 2
    return
  }
  console.log(
    `${availableParallelism()} processors (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}\n`,
  )
  const rows: Measurement[] = []
  for (const [name, part] of chosen) {
    console.log(`measuring: ${name} …`)
    rows.push(...[(await part?.measure()) ?? []].flat())
  }
  console.log(`\n${renderTable(rows)}`)
}

await bench(process.argv.slice(2))
