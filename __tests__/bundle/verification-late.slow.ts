import { describe, expect, test } from '@jest/globals'
import type { LocalAstro } from '../local-astro/start.ts'
import { brokenDag, goodDag } from './dag-ground.ts'
import { codeOf } from './rules.ts'
import type { Scene } from './side-by-side.ts'
import { playOnBothMajors } from './side-by-side.ts'

const GOOD = { 'dags/example.py': goodDag('example') }
const KILLED = { ...GOOD, 'dags/bad.py': brokenDag('killed') }

const late = (
  files: Record<string, string>,
  arrange: (astro: LocalAstro) => void = () => undefined,
): Scene => ({
  files,
  arrange,
  inputs: { 'wait-time': '10s' },
})
const stopParsing = ({ airflow, deploymentId }: LocalAstro): void =>
  airflow.standIn(deploymentId).stopParsing(300_000)

const SCENES: Readonly<Record<string, Scene>> = {
  'a file that is killed': late(KILLED),
  'what parses is down': late(GOOD, stopParsing),
  'what parses is down, and the DAGs cannot be read': late(GOOD, (astro) => {
    stopParsing(astro)
    astro.faults.add({ fault: 'status', status: 503, path: /dags$/, afterStep: 'finalize' })
  }),
  'the question is refused': late(KILLED, ({ faults }) =>
    faults.add({ fault: 'status', status: 403, path: /health$/ }),
  ),
  'the question is never answered': late(KILLED, ({ faults }) =>
    faults.add({ fault: 'hang', path: /health$/ }),
  ),
  'the question is answered with nonsense': late(KILLED, ({ faults }) =>
    faults.add({ fault: 'status', status: 200, body: { dag_processor: 7, scheduler: [] }, path: /health$/ }),
  ),
  'a good deploy': { files: GOOD },
  'a broken one': { files: { ...GOOD, 'dags/bad.py': brokenDag() } },
}
const play = playOnBothMajors(SCENES)

describe.each([
  [3, 'DAG processor'],
  [2, 'scheduler'],
] as const)('Airflow %s, whose files are parsed by the %s', (major, parser) => {
  async function played(name: string) {
    const { astro, result } = await play(major, name)
    const [message = ''] = result.errors
    const asked = astro.requests.filter(({ path }) => path.endsWith('/health')).length
    return { message, code: codeOf(message), asked, summary: result.summary }
  }

  test('a file that is killed leaves no trace: it is named, and what parses does run', async () => {
    const { message, code, asked, summary } = await played('a file that is killed')
    expect([code, asked]).toEqual(['ASTRO-VERIFY-NOT-PARSED', 1])
    expect(message).toContain('of 1 file in time')
    expect(message).toMatch(
      new RegExp(`^dags/bad.py\nThe ${parser} runs; its last heartbeat was \\d+ s ago.$`, 'm'),
    )
    expect(message).toContain(`or the ${parser} is busy`)
    expect(summary).toContain('neither imported nor failed in time')
  })

  test('what parses is down: that is the cause', async () => {
    const { message, code } = await played('what parses is down')
    expect(code).toBe('ASTRO-VERIFY-NOT-PARSED')
    expect(message).toMatch(
      new RegExp(
        `^The ${parser} is down: Airflow calls it unhealthy; its last heartbeat was \\d min ago.$`,
        'm',
      ),
    )
    expect(message).toContain(`Nothing is parsed as long as the ${parser} does not run.`)
  })

  test('an Airflow that gives no DAGs may still say how it is', async () => {
    const { message, code } = await played('what parses is down, and the DAGs cannot be read')
    expect(code).toBe('ASTRO-VERIFY-TIMEOUT')
    expect(message).toContain('HTTP 503')
    expect(message).toContain(`The ${parser} is down`)
  })

  test.each(['refused', 'never answered', 'answered with nonsense'])(
    'when that question is %s, the verdict stands',
    async (how) => {
      const { message, code, asked } = await played(`the question is ${how}`)
      expect([code, asked > 0]).toEqual(['ASTRO-VERIFY-NOT-PARSED', true])
      expect(message).toContain('or the DAG processor is down or busy')
    },
  )

  test('what is in time does not ask', async () => {
    expect(await played('a good deploy')).toMatchObject({ message: '', asked: 0 })
    expect(await played('a broken one')).toMatchObject({ code: 'ASTRO-VERIFY-IMPORT-ERRORS', asked: 0 })
  })
})
