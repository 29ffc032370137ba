import picomatch from 'picomatch'
import { listSome } from '../errors.ts'
import type { DeployTypeWish } from '../inputs/types.ts'
import type { Changes } from '../project/changes.ts'
import { readDockerIgnore } from '../project/docker-ignore.ts'
import type { Hole } from '../project/holes.ts'
import { isCredentialFile } from '../project/left-behind.ts'
import type { Part } from '../project/tree-mark.ts'
import type { Baseline } from './baseline.ts'

/** What a deploy ships. */
export type CodeType = 'dags-only' | 'image-and-dags' | 'image-only'

/** Where things are in a repository: paths from its root with forward slashes, empty for the root itself. */
export type Layout = {
  readonly project: string
  /** The DAG folder; more than one path when it is reached by a link. */
  readonly dagFolders: readonly string[]
  /** The text of the file that keeps things out of the image, if there is one. */
  readonly dockerIgnore: string | undefined
  /** Globs from the root of the repository. */
  readonly imageTriggers: readonly string[]
}

/** Caches that tools leave in a project; they are in no commit and are not worth a deploy. */
const CACHES = new Set(['__pycache__', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.git'])
/** Docker reads these whatever the ignore file says. */
const BUILD_FILES = new Set(['Dockerfile', '.dockerignore', 'Dockerfile.dockerignore'])

/** Sorts changed paths, segment by segment: `dags-old/a.py` is not in `dags`. A path may count for both parts or none. */
export function sortPaths(
  paths: readonly string[],
  layout: Layout,
): { readonly dags: readonly string[]; readonly image: readonly string[] } {
  const isIgnored = readDockerIgnore(layout.dockerIgnore ?? '')
  const isTrigger = layout.imageTriggers.length > 0 ? triggerMatcher(layout.imageTriggers) : () => false
  const dags: string[] = []
  const image: string[] = []
  for (const path of paths) {
    if (isCache(path) || isCredentialFile(path)) continue
    const inProject = below(layout.project, path)
    if (layout.dagFolders.some((folder) => below(folder, path) !== undefined)) dags.push(path)
    else if (inProject !== undefined && (BUILD_FILES.has(inProject) || !isIgnored(inProject)))
      image.push(path)
    if (isTrigger(path) && !image.includes(path)) image.push(path)
  }
  return { dags, image }
}

/**
 * Sorts holes by the part that would lack them. What is around the project or the DAG folder takes these along.
 */
export function sortHoles(
  holes: readonly Hole[],
  layout: Layout,
): { readonly dags: readonly Hole[]; readonly image: readonly Hole[] } {
  const isAround = (hole: Hole, folder: string): boolean => below(hole.path, folder) !== undefined
  const files = { ...layout, imageTriggers: [] }
  const isInImage = coversHole((path) => sortPaths([path], files).image.length > 0)
  return {
    dags: holes.filter((hole) =>
      layout.dagFolders.some((folder) => isAround(hole, folder) || below(folder, hole.path) !== undefined),
    ),
    image: holes.filter((hole) => isAround(hole, layout.project) || isInImage(hole)),
  }
}

/** Whether a hole is one in what is shipped; a submodule is none when only files in it are left out. */
export function coversHole(isShipped: (path: string) => boolean): (hole: Hole) => boolean {
  return ({ path, kind }) => isShipped(path) && (!kind.endsWith('submodule') || isShipped(`${path}/-`))
}

/** Globs as a list: those with a leading `!` take paths out again, whatever their order. */
function triggerMatcher(globs: readonly string[]): (path: string) => boolean {
  const clean = (glob: string): string => glob.replace(/^(?:\.?\/)+|^\.$/, '')
  const positive = globs.filter((glob) => !glob.startsWith('!')).map(clean)
  const negative = globs.filter((glob) => glob.startsWith('!')).map((glob) => clean(glob.slice(1)))
  const options = { dot: true, nonegate: true }
  /** A folder stands for all that is in it. */
  const withContent = (glob: string): string[] => {
    const folder = glob.replace(/\/+$/, '')
    return folder === '' ? ['**'] : [folder, `${folder}/**`]
  }
  return picomatch(positive.flatMap(withContent), { ...options, ignore: negative.flatMap(withContent) })
}

function isCache(path: string): boolean {
  return path.endsWith('.pyc') || path.split('/').some((segment) => CACHES.has(segment))
}

/** The path below a folder; undefined when it is not in it. */
function below(folder: string, path: string): string | undefined {
  if (folder === '') return path
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path === folder ? '' : undefined
}

/** What is known of one part: the paths that changed, or why everything counts as changed. */
export type PartState =
  | { readonly kind: 'unchanged'; readonly baseline: Extract<Baseline, { known: true }> }
  | {
      readonly kind: 'changed'
      readonly baseline: Extract<Baseline, { known: true }>
      readonly paths: readonly string[]
    }
  | { readonly kind: 'unknown'; readonly why: string }

/**
 * Judges a part by what changed since its baseline and what is in no commit.
 *
 * @param uncommitted the paths, or why they are not known
 */
export function judgePart(
  part: Part,
  baseline: Baseline,
  changes: Changes | undefined,
  uncommitted: readonly string[] | string | undefined,
  layout: Layout,
): PartState {
  if (!baseline.known) return { kind: 'unknown', why: baseline.why }
  if (typeof uncommitted !== 'object') {
    return { kind: 'unknown', why: uncommitted ?? 'there is no git clone to look at' }
  }
  if (!changes?.known) {
    const why = changes?.why ?? 'nothing was compared'
    return {
      kind: 'unknown',
      why: `the commit ${short(baseline.sha)} of ${baseline.source} is out of reach: ${why}`,
    }
  }
  const paths = sortPaths([...new Set([...changes.paths, ...uncommitted])], layout)[part]
  return paths.length === 0 ? { kind: 'unchanged', baseline } : { kind: 'changed', baseline, paths }
}

export type ChoiceFacts = {
  readonly wish: DeployTypeWish
  /** `infer` always skips when nothing changed; other types when this is true. */
  readonly skipUnchanged: boolean
  readonly isDagDeployEnabled: boolean
  /** With remote execution, agents bring the DAGs: only images are deployed. */
  readonly isRemote: boolean
  /** Where an image would come from. */
  readonly image: 'build' | 'prebuilt' | 'none'
  /** Read for `infer` and `skipUnchanged`; undefined otherwise. */
  readonly parts: Readonly<Record<Part, PartState>> | undefined
}

export type Choice = {
  readonly type: CodeType
  /** Why nothing is to be deployed; undefined when something is. */
  readonly skip: string | undefined
  /** A sentence each: type, baseline, the first few paths that decided it. */
  readonly reasons: readonly string[]
}

/** Decides what is deployed. A pure function of its facts. */
export function chooseType(facts: ChoiceFacts): Choice {
  const { wish, parts } = facts
  if (!parts)
    return { type: wish === 'infer' ? 'dags-only' : wish, skip: undefined, reasons: [asAsked(wish)] }
  const considered = consideredParts(facts)
  const needed = considered.filter((part) => needs(facts, part, parts[part]))
  const reasons = considered.map((part) => describePart(part, parts[part], facts))
  if (needed.length === 0) {
    const [only] = considered
    const state = only && parts[only]
    const since = state?.kind === 'unchanged' ? ` since ${state.baseline.source}` : ''
    return { type: typeOf(facts, considered), skip: `nothing to deploy changed${since}`, reasons }
  }
  if (wish !== 'infer') return { type: wish, skip: undefined, reasons: [asAsked(wish), ...reasons] }
  const type = typeOf(facts, needed)
  const withoutImage =
    facts.image === 'none' ? ['The project has no Dockerfile, so there is no image to build.'] : []
  return { type, skip: undefined, reasons: [`Deploy type ${type}, inferred.`, ...reasons, ...withoutImage] }
}

function asAsked(wish: ChoiceFacts['wish']): string {
  return wish === 'infer' ? 'Deploy type dags-only.' : `Deploy type ${wish}, as \`deploy-type\` says.`
}

function consideredParts({ wish, image, isRemote, isDagDeployEnabled }: ChoiceFacts): readonly Part[] {
  switch (wish) {
    case 'dags-only':
      return ['dags']
    case 'image-only':
      return ['image']
    case 'image-and-dags':
      return ['dags', 'image']
    case 'infer':
      if (isRemote) return ['image']
      return image === 'none' && isDagDeployEnabled ? ['dags'] : ['dags', 'image']
  }
}

function needs({ image }: ChoiceFacts, part: Part, state: PartState): boolean {
  return state.kind !== 'unchanged' || (part === 'image' && image === 'prebuilt')
}

function typeOf(facts: ChoiceFacts, parts: readonly Part[]): CodeType {
  if (facts.wish !== 'infer') return facts.wish
  if (facts.isRemote) return 'image-only'
  if (!facts.isDagDeployEnabled) return 'image-and-dags'
  if (parts.length === 2) return 'image-and-dags'
  return parts[0] === 'image' ? 'image-only' : 'dags-only'
}

const NAMES: Readonly<Record<Part, string>> = { dags: 'DAGs', image: 'Image' }
const SHOWN = 3

function describePart(part: Part, state: PartState, facts: ChoiceFacts): string {
  const name = NAMES[part]
  if (part === 'image' && facts.image === 'prebuilt') {
    return `${name}: the prebuilt image counts as changed, for it has no history in git.`
  }
  const inImage =
    part === 'dags' && !facts.isDagDeployEnabled ? ' DAG-only deploys are off, so they need an image.' : ''
  switch (state.kind) {
    case 'unknown':
      return `${name}: everything counts as changed, because ${state.why}.${inImage}`
    case 'unchanged':
      return `${name}: unchanged since ${state.baseline.source} (commit ${short(state.baseline.sha)}).`
    case 'changed': {
      const { paths, baseline } = state
      return `${name}: changed since ${baseline.source} (commit ${short(baseline.sha)}): ${listSome(paths, SHOWN)}.${inImage}`
    }
  }
}

const short = (sha: string): string => sha.slice(0, 7)
