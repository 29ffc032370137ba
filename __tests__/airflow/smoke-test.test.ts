import { describe, expect, test } from '@jest/globals'
import type { SmokeTest, SmokeTestDependencies } from '../../src/airflow/smoke-test.ts'
import { runSmokeTest } from '../../src/airflow/smoke-test.ts'
import type { Dag, TaskInstance } from '../../src/airflow/types.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { ActionError, asActionError } from '../../src/errors.ts'
import { makeClock } from '../make/clock.ts'

const TEST: SmokeTest = {
  dagId: 'smoke',
  conf: {},
  timeoutMs: 10_000,
  unpause: true,
  runId: 'run-1',
  note: 'a note',
}
const DAG: Dag = {
  id: 'smoke',
  file: 'smoke.py',
  isActive: true,
  isPaused: true,
  hasImportErrors: false,
  parsedAt: 0,
  parseMs: 0,
  bundleVersion: undefined,
  fileToken: undefined,
}
const task = (taskId: string, state: string | undefined, more: Partial<TaskInstance> = {}): TaskInstance => ({
  ...{ taskId, state, mapIndex: -1, tryNumber: 1 },
  ...more,
})

const failure = (code: ErrorCode, observed = code as string): ActionError =>
  new ActionError({ code, problem: `It failed with ${code}.`, observed, fix: 'Mend it.' })
const DOWN = failure('ASTRO-AIRFLOW-UNAVAILABLE', 'HTTP 503.')
const ODD = failure('ASTRO-AIRFLOW-ANSWER', 'a web page')
const CANCELLED = failure('ASTRO-CANCELLED')

type Script = {
  readonly dag?: Partial<Dag>
  /** What each look at the run finds; the last one for ever. */
  readonly states?: readonly (string | ActionError)[]
  readonly tasks?: readonly TaskInstance[] | ActionError
  readonly logs?: readonly (readonly string[] | ActionError)[]
  /** A call by name that throws this. */
  readonly throws?: Readonly<Record<string, Error>>
  /** What a stop of the run waits for. */
  readonly stopped?: (calls: readonly string[]) => Promise<void>
}

/** An Airflow that goes by a script, and the calls that change something in it, in order. */
async function run(script: Script, test: Partial<SmokeTest> = {}) {
  const calls: string[] = []
  const lines: string[] = []
  const warnings: string[] = []
  const ends: string[] = []
  const states = [...(script.states ?? ['queued', 'running', 'success'])]
  const logs = [...(script.logs ?? [['ValueError: no rows']])]
  function give<T>(name: string, value: T | ActionError): Promise<T> {
    const thrown = script.throws?.[name] ?? value
    return thrown instanceof Error ? Promise.reject(thrown) : Promise.resolve(thrown)
  }
  const next = <T>(list: T[]): T => (list.length > 1 ? list.shift() : list[0]) as T
  const airflow: SmokeTestDependencies['airflow'] = {
    dag: () => give('dag', { dag: { ...DAG, ...script.dag }, serverTime: 0 }),
    setPaused(_, isPaused) {
      calls.push(isPaused ? 'pause' : 'unpause')
      return give(isPaused ? 'pause' : 'unpause', undefined)
    },
    triggerRun() {
      calls.push('trigger')
      return give('trigger', { id: 'run-1', state: 'queued' })
    },
    dagRun() {
      const state = next(states)
      return give('dagRun', state instanceof ActionError ? state : { id: 'run-1', state })
    },
    stopRun() {
      calls.push('stop')
      return (script.stopped?.(calls) ?? Promise.resolve()).then(() => give('stop', undefined))
    },
    taskInstances() {
      const tasks = script.tasks ?? [task('work', 'failed')]
      return give('tasks', tasks instanceof ActionError ? tasks : { items: tasks, serverTime: 0 })
    },
    taskLog: () => give('log', next(logs)),
  }
  let error: ActionError | undefined
  await runSmokeTest(
    {
      airflow,
      clock: makeClock(),
      log: { info: (line) => lines.push(line), warning: (message) => warnings.push(message) },
      onRun: () => ends.push('started'),
      onEnd: (state) => ends.push(state),
    },
    { ...TEST, ...test },
  ).catch((thrown: unknown) => {
    error = asActionError(thrown)
  })
  return { error, code: error?.code, calls, lines, warnings, ends }
}

describe('what is put back', () => {
  const WHOLE = ['unpause', 'trigger', 'pause']
  const STOPPED = ['unpause', 'trigger', 'stop', 'pause']
  test.each<[string, Script, string | undefined, readonly string[]]>([
    ['a run that succeeds', {}, undefined, WHOLE],
    ['a DAG that is not paused', { dag: { isPaused: false } }, undefined, ['trigger']],
    ['a run that fails', { states: ['failed'] }, 'ASTRO-RUN-FAILED', WHOLE],
    ['a run that does not end', { states: ['running'] }, 'ASTRO-RUN-TIMEOUT', STOPPED],
    ['a refused trigger', { throws: { trigger: failure('ASTRO-AIRFLOW-FORBIDDEN') } }, 'ASTRO-AIRFLOW-FORBIDDEN', WHOLE],
    ['a trigger without a clear answer', { throws: { trigger: DOWN } }, 'ASTRO-AIRFLOW-UNAVAILABLE', STOPPED],
    ['a cancelled trigger', { throws: { trigger: CANCELLED } }, 'ASTRO-CANCELLED', STOPPED],
    ['a run that is cancelled', { states: ['running', CANCELLED] }, 'ASTRO-CANCELLED', STOPPED],
    ['a token that ends', { states: ['running', failure('ASTRO-AIRFLOW-UNAUTHORIZED')] }, 'ASTRO-AIRFLOW-UNAUTHORIZED', STOPPED],
    ['a refused unpausing', { throws: { unpause: failure('ASTRO-AIRFLOW-FORBIDDEN') } }, 'ASTRO-AIRFLOW-FORBIDDEN', ['unpause']],
    ['an unpausing without a clear answer', { throws: { unpause: DOWN } }, 'ASTRO-AIRFLOW-UNAVAILABLE', ['unpause', 'pause']],
    ['a cancelled unpausing', { throws: { unpause: CANCELLED } }, 'ASTRO-CANCELLED', ['unpause', 'pause']],
  ])('after %s', async (_, script, code, expected) => {
    const { calls, warnings, ...ended } = await run(script)
    expect([ended.code, calls, warnings]).toEqual([code, expected, []])
  }) // prettier-ignore

  test('the DAG is paused while the run is being stopped: a cancelled job has seconds', async () => {
    for (const script of [{ states: ['running', CANCELLED] }, { throws: { trigger: CANCELLED } }]) {
      let before: readonly string[] = []
      const stopped = async (calls: readonly string[]): Promise<void> => {
        await new Promise(setImmediate)
        before = [...calls]
      }
      const { code, calls } = await run({ ...script, stopped })
      expect([code, before, calls]).toEqual(['ASTRO-CANCELLED', STOPPED, STOPPED])
    }
  })

  test('a run that was stopped ended as failed; of one that was not, nobody knows', async () => {
    const states = ['running', CANCELLED]
    expect((await run({ states })).ends).toEqual(['started', 'failed'])
    expect((await run({ states, throws: { stop: DOWN } })).ends).toEqual(['started'])
    expect((await run({ throws: { trigger: CANCELLED } })).ends).toEqual([])
  })

  test('what cannot be put back is told, and does not hide how the run ended', async () => {
    const { code, error, warnings } = await run({ states: ['running'], throws: { pause: DOWN, stop: DOWN } })
    expect(code).toBe('ASTRO-RUN-TIMEOUT')
    expect(error?.observed).toContain('could not be stopped and may go on')
    expect(warnings).toEqual([
      expect.stringContaining('Could not stop the run run-1'),
      expect.stringContaining('Could not pause the DAG smoke again'),
    ])
  })
})

describe('a DAG that cannot be run', () => {
  test.each<[string, Script, Partial<SmokeTest>, string]>([
    ['is paused', {}, { unpause: false }, 'ASTRO-RUN-PAUSED'],
    ['is not there', { throws: { dag: failure('ASTRO-AIRFLOW-NOT-FOUND') } }, {}, 'ASTRO-RUN-NO-DAG'],
    ['is in no file any more', { dag: { isActive: false } }, {}, 'ASTRO-RUN-NO-DAG'],
    ['may not be seen', { throws: { dag: failure('ASTRO-AIRFLOW-FORBIDDEN') } }, {}, 'ASTRO-AIRFLOW-FORBIDDEN'],
  ])('since it %s changes nothing', async (_, script, more, code) => {
    const { calls, ...ended } = await run(script, more)
    expect([ended.code, calls]).toEqual([code, []])
  }) // prettier-ignore
})

describe('following', () => {
  test('an Airflow that is down for a while, and a page now and then, are waited out', async () => {
    const { error, ends } = await run({ states: [DOWN, DOWN, DOWN, ODD, ODD, 'running', ODD, 'success'] })
    expect([error, ends]).toEqual([undefined, ['started', 'success']])
  })

  test('pages one after the other are no Airflow', async () => {
    expect((await run({ states: ['running', ODD] })).code).toBe('ASTRO-AIRFLOW-ANSWER')
  })

  test('a run that is there already is the one of a request whose answer was lost', async () => {
    const conflict = failure('ASTRO-AIRFLOW-CONFLICT')
    expect((await run({ throws: { trigger: conflict } })).error).toBeUndefined()
    const other = await run({ throws: { trigger: conflict, dagRun: failure('ASTRO-AIRFLOW-NOT-FOUND') } })
    expect([other.code, other.ends]).toEqual(['ASTRO-AIRFLOW-CONFLICT', []])
  })

  test('a run that takes too long names what has not ended', async () => {
    const tasks = [
      task('done', 'success'),
      task('work', 'running', { mapIndex: 2 }),
      task('after', undefined, { tryNumber: 0 }),
    ]
    const { error, ends } = await run({ states: ['running'], tasks })
    expect(ends).toEqual(['started', 'timed-out'])
    expect(error?.problem).toContain('did not end within 10 s')
    expect(error?.observed).toBe(
      'Last seen: the run is running.\nNot finished: work [2] (running), after (not scheduled).\nThe run was stopped.',
    )
  })
})

describe('why a run failed', () => {
  const observe = async (script: Script) => {
    const { error, lines } = await run({ states: ['failed'], ...script })
    expect(error?.code).toBe('ASTRO-RUN-FAILED')
    return { observed: error?.observed, lines }
  }

  test('names the failed tasks with their last words, and counts what did not run', async () => {
    const tasks = [
      task('fine', 'success'),
      task('work', 'failed'),
      task('mapped', 'failed', { mapIndex: 1, tryNumber: 0 }),
      task('after', 'upstream_failed', { tryNumber: 0 }),
    ]
    expect((await observe({ tasks })).observed).toBe(
      'Failed: work (ValueError: no rows)\nFailed: mapped [1]\nNot run because of it: 1 more',
    )
  })

  test('shows the end of a long log, of at most three tasks', async () => {
    const log = Array.from({ length: 110 }, (_, index) => `line ${index}`)
    const tasks = Array.from({ length: 12 }, (_, index) => task(`t${index}`, 'failed'))
    const { observed, lines } = await observe({ tasks, logs: [log] })
    expect(lines.filter((line) => line.includes('(10 lines left out)'))).toHaveLength(3)
    expect(lines.filter((line) => line === '  | line 109')).toHaveLength(3)
    expect(lines).not.toContain('  | line 9')
    expect(observed).toContain('Failed: t9\nFailed: 2 more')
  })

  test('a log that comes late is waited for, one that does not come is told', async () => {
    const late = await observe({ logs: [[], failure('ASTRO-AIRFLOW-NOT-FOUND'), ['KeyError: 1']] })
    expect(late.observed).toBe('Failed: work (KeyError: 1)')
    const never = await observe({ logs: [DOWN] })
    expect([never.observed, never.lines]).toEqual([
      'Failed: work',
      expect.arrayContaining(['The log of the task work could not be read: HTTP 503.']),
    ])
  })

  test('is not lost whatever goes wrong with a log or the tasks', async () => {
    const broken = await observe({ throws: { log: new RangeError('too deep') } })
    expect([broken.observed, broken.lines]).toEqual([
      'Failed: work',
      expect.arrayContaining(['The log of the task work could not be read: RangeError: too deep']),
    ])
    const { observed } = await observe({ throws: { tasks: new TypeError('odd') } })
    expect(observed).toBe('The action met an error it does not know.')
  })

  test('a cancelled job asks for no more logs', async () => {
    expect((await run({ states: ['failed'], logs: [CANCELLED] })).code).toBe('ASTRO-CANCELLED')
  })

  test('long last words are left out, not cut', async () => {
    const words = `my.app.BadError: ${'x'.repeat(300)}`
    expect((await observe({ logs: [[words]] })).observed).toBe('Failed: work (my.app.BadError)')
  })

  test('is not lost when the tasks cannot be read', async () => {
    expect((await observe({ tasks: DOWN })).observed).toBe('It failed with ASTRO-AIRFLOW-UNAVAILABLE.')
    expect((await observe({ tasks: [task('work', 'success')] })).observed).toBe(
      'No task failed: the DAG run itself did.',
    )
  })
})
