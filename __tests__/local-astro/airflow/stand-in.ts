import type { AirflowAnswer, AirflowBackend, AirflowRequest } from './backend.ts'
import { readDagArchive } from './archive.ts'
import type { ParsedFolder, ParseError } from './dag-files.ts'
import { parseFolder } from './dag-files.ts'
import type { Page } from './paging.ts'
import { pageOf } from './paging.ts'
import { createRuns } from './runs.ts'
import type { Runs } from './runs.ts'
import type { Major } from './shapes.ts'
import { dag, failure, importError, timestamp } from './shapes.ts'
import type { Place } from './shapes.ts'

export type StandInSettings = {
  readonly major: Major
  readonly version: string
  readonly now: () => number
  /** From the arrival of new code to the end of its first parse. */
  readonly parseMs: number
  /** From one parse to the next. */
  readonly parseEveryMs: number
  /** How long a DAG run takes. */
  readonly runMs: number
  /** DAGs name the version of the code that they were parsed from, as with Astro's bundles; only in Airflow 3. */
  readonly bundleVersions: boolean
  /** Where Airflow 3 has a DAG bundle: in a folder of its version, `dags/` included, as on Astro, or where Airflow 2 has it. */
  readonly layout: 'versioned' | 'plain'
}

export type StandIn = AirflowBackend & {
  /** When a parse of the code that runs now ended first; undefined until then. */
  parsedAt(): number | undefined
  /** DAG runs, newest last. */
  readonly runs: Runs
  pause(dagId: string, isPaused: boolean): void
  /** What parses (the DAG processor; in Airflow 2 the scheduler) died this long ago, and parses nothing any more. */
  stopParsing(agoMs: number): void
}

type Folder = {
  readonly version: string | undefined
  readonly place: Place
  readonly arrivedAt: number
  readonly parsed: ParsedFolder
}

/** How long after a DAG Airflow 2 writes that it could not serialize it. */
const SERIALIZATION_LAG_MS = 400
/** From then on Airflow calls a component unhealthy. */
const LONGEST_SILENCE_MS = 30_000
const PLAIN_PLACE: Place = { root: '/usr/local/airflow/dags', inBundle: '' }
const NOTHING: ParsedFolder = { dags: [], errors: [] }

/**
 * A small Airflow of either major: it takes what was uploaded as its DAG folder, "parses" it (see dag-files.ts) again and
 * again by the clock, and answers the part of the REST API that is used here. It is held to real ones by a test.
 */
export function createStandIn(settings: StandInSettings): StandIn {
  const { major, now } = settings
  let current: Folder = { version: undefined, place: PLAIN_PLACE, arrivedAt: -Infinity, parsed: NOTHING }
  let former: Folder = current
  let diedAt = Infinity
  const unpaused = new Set<string>()
  /** Parses out of turn of the folder that is there, by file: when they ended. */
  const extra = new Map<string, number>()
  const runs = createRuns(settings)

  /** The folder that Airflow's tables are about, and when its last parse ended. */
  function visible(): { folder: Folder; parsedAt: number } {
    const at = Math.min(now(), diedAt)
    const since = at - current.arrivedAt - settings.parseMs
    if (since < 0) return { folder: former, parsedAt: at - (at % settings.parseEveryMs) }
    if (current.arrivedAt === -Infinity) return { folder: current, parsedAt: at }
    const first = current.arrivedAt + settings.parseMs
    return {
      folder: current,
      parsedAt: first + Math.floor(since / settings.parseEveryMs) * settings.parseEveryMs,
    }
  }

  function dags(): {
    wire: Record<string, unknown>
    id: string
    file: string
    isActive: boolean
    source: string
  }[] {
    const { folder, parsedAt } = visible()
    const known = new Map(former.parsed.dags.map((one) => [one.id, { one, isActive: false }]))
    // Of several files with one DAG ID, it is the one that was parsed last: now this one, now that.
    const turn = Math.floor(parsedAt / settings.parseEveryMs)
    for (const [id, all] of Map.groupBy(folder.parsed.dags, (one) => one.id)) {
      const one = all[turn % all.length]
      if (one) known.set(id, { one, isActive: true })
    }
    const broken = new Set(shownErrors().map(({ file }) => file))
    if (major === 3)
      for (const [id, { one }] of known) if (broken.has(one.file)) known.set(id, { one, isActive: false })
    return [...known.values()]
      .toSorted((a, b) => (a.one.id < b.one.id ? -1 : 1))
      .map(({ one, isActive }) => ({
        id: one.id,
        file: one.file,
        isActive,
        source: one.source,
        wire: dag(
          major,
          {
            id: one.id,
            file: one.file,
            isActive: isActive || (major === 2 && broken.has(one.file)),
            isPaused: !unpaused.has(one.id),
            hasImportErrors: broken.has(one.file),
            parsedAt: isActive
              ? Math.max(parsedAt, extra.get(one.file) ?? 0)
              : Math.min(current.arrivedAt, parsedAt) - 1,
            bundleVersion: settings.bundleVersions && major === 3 ? (folder.version ?? null) : null,
          },
          folder.place,
        ),
      }))
  }

  /** Airflow 3 writes all at once what came of a parse. */
  function shownErrors(): readonly ParseError[] {
    const { folder, parsedAt } = visible()
    const isTooEarly =
      major === 2 &&
      now() < parsedAt + SERIALIZATION_LAG_MS &&
      folder === current &&
      parsedAt === current.arrivedAt + settings.parseMs
    return folder.parsed.errors.filter(({ isOfSerialization }) => isOfSerialization !== true || !isTooEarly)
  }

  function errors(): Record<string, unknown>[] {
    const { folder, parsedAt } = visible()
    return shownErrors().map(({ file, trace }, index) =>
      importError(
        major,
        { id: index + 1, file, at: Math.max(parsedAt, extra.get(file) ?? 0), trace },
        folder.place,
      ),
    )
  }

  const listOfDags = ({ query }: AirflowRequest): Page => {
    const all = (query.get('exclude_stale') ?? query.get('only_active') ?? 'true') === 'false'
    return pageOf(
      major,
      'dags',
      dags()
        .filter(({ isActive }) => all || isActive)
        .map(({ wire }) => wire),
      query,
    )
  }

  function oneDag(
    dagId: string,
  ): { wire: Record<string, unknown>; source: string; isActive: boolean } | undefined {
    return dags().find(({ id }) => id === dagId)
  }

  const noDag = (dagId: string): AirflowAnswer =>
    major === 3
      ? failure(3, 404, `The Dag with ID: \`${dagId}\` was not found`)
      : failure(2, 404, `The DAG with dag_id: ${dagId} was not found`, 'DAG not found')

  function patchDag(dagId: string, request: AirflowRequest): AirflowAnswer {
    if (!oneDag(dagId)) return noDag(dagId)
    const { is_paused: isPaused } = JSON.parse(request.text) as { is_paused?: unknown }
    if (typeof isPaused !== 'boolean')
      return failure(major, major === 3 ? 422 : 400, 'is_paused is not a boolean')
    pause(dagId, isPaused)
    return { status: 200, body: oneDag(dagId)?.wire }
  }

  function source(name: string): AirflowAnswer {
    const found = major === 3 ? oneDag(name) : dags().find(({ wire }) => wire.file_token === name)
    if (!found) return noDag(name)
    const body = { content: found.source }
    return {
      status: 200,
      body: major === 3 ? { ...body, dag_id: name, version_number: 1, dag_display_name: name } : body,
    }
  }

  /** As in real ones, it is lost on a file that is being parsed. */
  function parseNext(token: string): AirflowAnswer {
    const found = dags().find(({ wire }) => wire.file_token === token)
    if (!found) return failure(major, 404, 'File not found', 'Not Found')
    const { folder } = visible()
    if (folder === current && diedAt > now()) extra.set(found.file, now())
    return { status: 201, body: major === 3 ? null : '', ...(major === 3 ? {} : { headers: PLAIN }) }
  }

  function health(): AirflowAnswer {
    const component = (name: string, beatAt = now()): object => ({
      status: now() - beatAt > LONGEST_SILENCE_MS ? 'unhealthy' : 'healthy',
      [`latest_${name}_heartbeat`]: timestamp(3, beatAt)?.replace('Z', '+00:00'),
    })
    const parserBeatAt = Math.min(now(), diedAt)
    return {
      status: 200,
      body: {
        metadatabase: { status: 'healthy' },
        scheduler: component('scheduler', major === 2 ? parserBeatAt : now()),
        triggerer: component('triggerer'),
        dag_processor:
          major === 3
            ? component('dag_processor', parserBeatAt)
            : { status: null, latest_dag_processor_heartbeat: null },
      },
    }
  }

  function pause(dagId: string, isPaused: boolean): void {
    if (isPaused) unpaused.delete(dagId)
    else unpaused.add(dagId)
  }

  const prefix = major === 3 ? '/api/v2' : '/api/v1'
  const noRoute = (): AirflowAnswer =>
    major === 3
      ? { status: 404, body: { error: 'API route not found' } }
      : failure(2, 404, 'The requested URL was not found on the server.', 'Not Found')

  function otherPath(path: string): AirflowAnswer {
    if (major === 2 || !path.startsWith('/api')) {
      return { status: major === 3 ? 200 : 404, body: WEB_PAGE, headers: HTML }
    }
    return path.startsWith('/api/v1')
      ? {
          status: 404,
          body: {
            error: '/api/v1 has been removed in Airflow 3, please use its upgraded version /api/v2 instead.',
          },
        }
      : noRoute()
  }

  return {
    runs,
    pause,
    stopParsing(agoMs) {
      diedAt = now() - agoMs
    },
    parsedAt: () => (visible().folder === current ? current.arrivedAt + settings.parseMs : undefined),
    async deploy(version, archive) {
      // What is no archive leaves an empty folder behind.
      const nothing = new Map<string, string>()
      const texts = archive === undefined ? nothing : await readDagArchive(archive).catch(() => nothing)
      former = visible().folder
      extra.clear()
      const place = placeOf(settings, version)
      current = { version, place, arrivedAt: now(), parsed: parseFolder(texts, place.root) }
    },
    answer(request) {
      const { method, path } = request
      if (!path.startsWith(`${prefix}/`)) return otherPath(path)
      const parts = path
        .slice(prefix.length + 1)
        .split('/')
        .map(decodeURIComponent)
      const [collection, id = '', ...rest] = parts
      const isRead = method === 'GET'
      if (isRead && path === `${prefix}/version`) {
        return { status: 200, body: { version: settings.version, git_version: null } }
      }
      if (isRead && path === `${prefix}${major === 3 ? '/monitor/health' : '/health'}`) return health()
      if (isRead && collection === 'importErrors' && parts.length === 1) {
        return pageOf(major, 'import_errors', errors(), request.query)
      }
      if (isRead && collection === 'dagSources' && parts.length === 2) return source(id)
      const canParseNext = major === 3 || /^2\.1\d\./.test(settings.version)
      if (method === 'PUT' && collection === 'parseDagFile' && canParseNext) return parseNext(id)
      if (collection !== 'dags') return noRoute()
      if (parts.length === 1 && isRead) return listOfDags(request)
      const found = oneDag(id)
      if (parts.length === 2 && method === 'PATCH') return patchDag(id, request)
      if (!found) return noDag(id)
      if (parts.length === 2 && isRead) return { status: 200, body: found.wire }
      if (rest[0] !== 'dagRuns') return noRoute()
      const script = visible().folder.parsed.dags.find((one) => one.id === id)?.run
      return (
        runs.answer(request, { dagId: id, script, isPaused: !unpaused.has(id) }, rest.slice(1)) ?? noRoute()
      )
    },
  }
}

const PLAIN = { 'content-type': 'text/plain' }
const HTML = { 'content-type': 'text/html; charset=utf-8' }
const WEB_PAGE = '<!DOCTYPE html>\n<html><head><title>Airflow</title></head><body></body></html>\n'

/** Section 12.1 of the control plane's contract. */
function placeOf(
  { major, layout }: Pick<StandInSettings, 'major' | 'layout'>,
  version: string | undefined,
): Place {
  if (major === 2 || layout === 'plain' || version === undefined) return PLAIN_PLACE
  return { root: `/tmp/airflow/dag_bundles/astro/main/dags/${version}/dags`, inBundle: 'dags/' }
}
