import type { Clock } from '../clock.ts'
import { ActionError, listSome } from '../errors.ts'
import type { PromisedDags } from '../project/promised-dags.ts'
import type { Baseline } from './baseline.ts'
import { EMPTY_BASELINE, isOld, promisedByAirflow } from './baseline.ts'
import type { AirflowClient } from './client.ts'
import { formerVersions, isNewVersion } from './evidence.ts'
import { nameFiles } from './file-names.ts'
import { createGlance, MANY_DAGS } from './glance.ts'
import type { Judgement, Memory } from './judge.ts'
import { judge, NOTHING_SEEN } from './judge.ts'
import { createReparser } from './reparse.ts'
import { CLOCK_MARGIN_MS, UNTOLD_MS } from './rounds.ts'
import type { SharedIds } from './shared-ids.ts'
import { createSourceReader } from './sources.ts'
import type { Arrival, Before, Look, Terms } from './terms.ts'
import { framePaths } from './traceback.ts'
import type { Dag, ImportError } from './types.ts'
import { watchAirflow } from './watch-airflow.ts'

export type VerifyDependencies = {
  readonly airflow: Pick<AirflowClient, 'major' | 'dag' | 'dags' | 'importErrors' | 'dagSource' | 'parseNext'>
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void }
  readonly signal?: AbortSignal
}

type Facts = {
  /** Of the DAG bundle that came, if another one did. */
  readonly dagVersion: string | undefined
  /** DAG bundles of other deploys, whether or not Airflow has parsed them. */
  readonly otherVersions: readonly string[]
  readonly arrival: Arrival
  /** Undefined: what Airflow shows at the first look is to be parsed again. */
  readonly promised: PromisedDags | undefined
  /** Undefined: not known. */
  readonly baseline: Baseline | undefined
  /** Files whose text is another one than before; undefined: not known. */
  readonly changed?: ReadonlySet<string> | undefined
  /** DAG IDs that several of these files had before. */
  readonly shared?: SharedIds | undefined
  readonly budgetMs: number
}

export type Observed = {
  readonly judgement: Judgement
  /** Everything that Airflow shows in the end; files are paths below the DAG folder. */
  readonly dags: readonly Dag[]
  readonly errors: readonly ImportError[]
  /** What was there before, by the same names. */
  readonly before: { readonly dags: readonly Dag[]; readonly errors: readonly ImportError[] }
  readonly name: (airflowName: string) => string
  /** Every file of the DAG folder, below it; with an image alone, those that DAGs came from before. */
  readonly folder: ReadonlySet<string>
}

const TIMEOUT_CODE = 'ASTRO-VERIFY-TIMEOUT'
const PAUSE_MS = 500
const MINUTE_MS = 60_000
const LOOK_AGAIN_MS = 600
const GLANCE_MS = 2_000
/** After the first error of the new code, how long to wait for the rest of the files, which cannot make it good. */
const AFTER_AN_ERROR_MS = 45_000

/**
 * Waits until Airflow has parsed the new code, at most `budgetMs`, and says what came of it. An Airflow that is down is
 * waited for. Throws ActionError `ASTRO-AIRFLOW-…` when it cannot be asked, `ASTRO-VERIFY-TIMEOUT` when it was never heard.
 */
export async function verify(deps: VerifyDependencies, facts: Facts): Promise<Observed> {
  const { airflow, clock } = deps
  const { dagVersion, arrival, changed, shared, budgetMs } = facts
  const isUncharted = arrival === 'rollback'
  const reparser = createReparser(deps)
  let { promised, baseline = EMPTY_BASELINE } = facts
  let since: number | undefined
  let firstLookAt: number | undefined
  let memory: Memory = NOTHING_SEEN
  let observed: Observed | undefined
  let observedAt = 0
  let wasComplete = false
  let firstErrorAt: number | undefined
  const sources = createSourceReader(airflow, facts.promised)
  const glance = createGlance(airflow, facts.promised?.files ?? [], (error) => ({
    ...error,
    file: observed?.name(error.file) ?? error.file,
  }))

  async function look(): Promise<Observed> {
    if (observed && isLarge(observed) && !wasComplete) {
      const picture = { ...observed, outstanding: observed.judgement.outstanding }
      if (!(await glance(picture, clock.now() - observedAt))) return observed
    }
    const seen = await lookAtAll()
    observedAt = clock.now()
    return seen
  }

  async function lookAtAll(): Promise<Observed> {
    const dags = await airflow.dags()
    const errors = await airflow.importErrors()
    firstLookAt ??= clock.now()
    since ??= dags.serverTime ?? newestTime(dags.items, errors.items) ?? firstLookAt
    const serverTime = errors.serverTime ?? dags.serverTime ?? since + clock.now() - firstLookAt
    if (promised === undefined) {
      promised = promisedByAirflow({ dags: dags.items, errors: isUncharted ? errors.items : [] })
      baseline = { ...baseline, dags: dags.items }
    }
    const named = withNames(dags.items, errors.items, baseline, promised)
    const before: Before = {
      dags: named.before.dags,
      versions: formerVersions(facts, {
        astro: facts.otherVersions,
        // Without a word from before, the first look is of what came back.
        airflow: isUncharted && !facts.baseline ? [] : named.before.dags,
      }),
      broken: new Set(named.before.errors.map(({ file }) => file)),
      files: facts.baseline && filesOf(named.before),
      changed,
      shared,
    }
    const terms: Terms = { major: airflow.major, dagVersion, arrival, promised, before, since }
    const compared = await sources(named.dags.filter((dag) => isTextTelling(terms, dag)))
    const seen: Look = {
      ...{ dags: named.dags, errors: named.errors, serverTime },
      ...{ sources: compared, asked: new Map(reparser.asked) },
    }
    const judgement = judge(terms, memory, seen)
    memory = judgement.memory
    const files = wanted(judgement, named).filter((file) => serverTime > useful(terms, file))
    await reparser.ask(files, named)
    return { judgement, folder: promised.all, ...named }
  }

  /** Airflow 3 looks for files that came back when it is asked for any. */
  function wanted({ outstanding }: Judgement, named: Pick<Observed, 'dags'>): readonly string[] {
    // A large one is through with a round as soon as with that many wishes.
    if (isLarge(named)) return outstanding.filter((file) => changed?.has(file))
    if (!isUncharted || outstanding.length > 0 || reparser.asked.size > 0) return outstanding
    return named.dags
      .flatMap(({ file, isActive }) => (isActive && file !== undefined ? [file] : []))
      .slice(0, 1)
  }

  try {
    return await watchAirflow<Observed, Observed>(deps, {
      look,
      judge(seen) {
        observed = seen
        const { judgement } = seen
        const isBroken = hasNewError(seen)
        firstErrorAt = isBroken ? (firstErrorAt ?? clock.now()) : undefined
        const isHopeless = firstErrorAt !== undefined && clock.now() - firstErrorAt > AFTER_AN_ERROR_MS
        // Airflow 2 shows that it has parsed a file a moment before it shows the error of that.
        const isSure = judgement.isComplete && (airflow.major === 3 || wasComplete || isBroken)
        wasComplete = judgement.isComplete
        if (isSure || isHopeless) return { kind: 'done', result: seen }
        return { kind: 'waiting', state: describeWait(judgement) }
      },
      budgetMs,
      interval(elapsedMs, lookMs) {
        if (wasComplete) return LOOK_AGAIN_MS
        const often = lookInterval(elapsedMs, lookMs)
        return observed && isLarge(observed) ? Math.max(often, GLANCE_MS, elapsedMs / 6) : often
      },
      timedOut: neverHeard,
    })
  } catch (error) {
    if (observed !== undefined && error instanceof ActionError && error.code === TIMEOUT_CODE) return observed
    throw error
  }
}

/** After when a parse of a file can prove something: sooner, it might be one of the former code, or not be serialized. */
function useful({ major, arrival, before, since }: Terms, file: string): number {
  const hadDags = before.dags.some((dag) => dag.file === file && dag.isActive)
  const isChanged = arrival !== 'dags' || (before.changed?.has(file) === true && hadDags)
  return since + CLOCK_MARGIN_MS + (major === 2 && isChanged ? UNTOLD_MS : 0)
}

/** More DAGs than Airflow shows on a page: each look at all of them takes several requests. */
const isLarge = ({ dags }: Pick<Observed, 'dags'>): boolean => dags.length > MANY_DAGS

/** Whether the text of a DAG's file tells whether the new code has come; one that was never there, or is as it was, does not. */
function isTextTelling(terms: Terms, dag: Dag): boolean {
  const { before, since } = terms
  const { file = '', parsedAt = 0 } = dag
  if (before.files?.has(file) === false || before.changed?.has(file) === false) return false
  return parsedAt > since && isNewVersion(terms, dag) === undefined
}

/** An error that was there before does not fail the deploy, so it must not cut the wait short either. */
function hasNewError({ judgement, before }: Observed): boolean {
  const errors = [...judgement.failed.values()]
  return judgement.duplicates.length > 0 || errors.some((error) => !isOld(error, before.errors))
}

/**
 * Time between the starts of two looks: a parse takes a minute or two as a rule, so that it is noticed soon also then. An
 * Airflow that needs long for its answers is left alone as long.
 */
export function lookInterval(elapsedMs: number, lookMs: number): number {
  const often = elapsedMs < MINUTE_MS ? 600 : elapsedMs < 5 * MINUTE_MS ? 1_000 : 3_000
  return Math.max(often, lookMs + Math.max(PAUSE_MS, lookMs))
}

/** The error of an Airflow that gave no answer at all in time. */
export function neverHeard(state: string): ActionError {
  return new ActionError({
    code: TIMEOUT_CODE,
    problem: 'Airflow did not say in time whether it imported the code.',
    observed: `Last seen: ${state}`,
    likelyCause: 'Airflow is starting, or its webserver cannot be reached from this runner.',
    fix: 'Look at the Airflow UI of the Deployment. Raise `wait-time` when it simply takes longer.',
  })
}

function describeWait({ outstanding, failed }: Judgement): string {
  const errors = failed.size === 0 ? '' : `; ${failed.size} with an import error`
  const what =
    outstanding.length === 0 ? 'one more round of parsing' : `Airflow to parse ${listSome(outstanding, 1)}`
  return `waiting for ${what}${errors}`
}

function withNames(
  dags: readonly Dag[],
  errors: readonly ImportError[],
  baseline: Baseline,
  promised: PromisedDags,
): Omit<Observed, 'judgement' | 'folder'> {
  const names = [dags, baseline.dags, errors, baseline.errors].flatMap((list) =>
    list.flatMap(({ file }) => file ?? []),
  )
  const frames = [...errors, ...baseline.errors].flatMap(({ trace }) => framePaths(trace))
  const name = nameFiles(names, promised.all, frames)
  const dag = (one: Dag): Dag => (one.file === undefined ? one : { ...one, file: name(one.file) })
  const error = (one: ImportError): ImportError => ({ ...one, file: name(one.file) })
  return {
    dags: dags.map(dag),
    errors: errors.map(error),
    before: { dags: baseline.dags.map(dag), errors: baseline.errors.map(error) },
    name,
  }
}

/** What Airflow's clock said last, for an answer without a Date: this machine's clock may be another one. */
function newestTime(dags: readonly Dag[], errors: readonly ImportError[]): number | undefined {
  const times = [...dags.flatMap(({ parsedAt }) => parsedAt ?? []), ...errors.map(({ failedAt }) => failedAt)]
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b))
}

function filesOf({ dags, errors }: Observed['before']): ReadonlySet<string> {
  return new Set([...dags, ...errors].flatMap(({ file }) => file ?? []))
}
