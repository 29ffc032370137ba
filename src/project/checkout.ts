import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs'
import * as path from 'node:path'
import type { Clone } from './clone.ts'
import { readClone } from './clone.ts'
import type { Git, GitProblem } from './git.ts'
import { splitNul } from './git.ts'
import type { Hole, HoleKind } from './holes.ts'

/** How what is checked out differs from the commit; all paths from the clone's root, with forward slashes. */
export type Checkout = {
  /** Files that differ from the commit, and files that it does not have, those that git ignores included. */
  readonly uncommitted: readonly string[]
  /** What the commit has and the checkout has not. */
  readonly holes: readonly Hole[]
  /** Files of the commit, those in submodules included. */
  readonly tracked: readonly string[]
  /** Those among them that have a filter, by which the checkout may hold something else than the commit. */
  readonly filtered: readonly string[]
  readonly submodules: readonly string[]
}

export type CheckoutResult =
  | {
      readonly is: 'read'
      readonly checkout: Checkout
      /** Why not all files are known that the commit does not have, if they are not: looking for them takes longest. */
      readonly unlisted: GitProblem | undefined
    }
  | GitProblem

const NOTHING: Checkout = { uncommitted: [], holes: [], tracked: [], filtered: [], submodules: [] }

/** An entry of git's index. */
type Entry = {
  readonly path: string
  readonly mode: string
  readonly oid: string
  /** A sparse checkout leaves it out. */
  readonly isSkipped: boolean
  /** Git was told not to look whether the file is there, or as it was. */
  readonly isUnwatched: boolean
}

const SUBMODULE = '160000'
const LINK = '120000'

/**
 * Reads how the files in a folder of a clone differ from its commit. A generated file is deployed whether or not git knows it,
 * so it counts; what is missing because the checkout did not bring it is a hole. No file is read that git need not read.
 *
 * @param everywhere also outside of the folder
 */
export async function readCheckout(
  git: Git,
  clone: Clone,
  folder: string,
  everywhere: boolean,
): Promise<CheckoutResult> {
  const place = { git, clone, folder: existsSync(folder) ? folder : clone.root, everywhere }
  return readPart(place, 'submodule')
}

type Place = {
  readonly git: Git
  readonly clone: Clone
  readonly folder: string
  readonly everywhere: boolean
}

async function readPart(place: Place, kind: HoleKind): Promise<CheckoutResult> {
  const { git, clone, folder, everywhere } = place
  const where = everywhere ? ':/' : '.'
  const list = (...args: string[]): ReturnType<Git> =>
    git(folder, [...clone.withoutFilters, 'ls-files', '-z', '--full-name', ...args])
  const [unknownFiles, ...answers] = await Promise.all([
    list('--others', '--', where),
    list('--stage', '-v', '--', where),
    list('--modified', '--', where),
    list('--', where, `:(${everywhere ? 'top,' : ''}exclude,attr:!filter)`),
    git(folder, [
      ...['diff-index', '--cached', '-z', '--name-only', '--no-renames'],
      ...['--ignore-submodules=none', 'HEAD', '--', where],
    ]),
  ])
  const outputs: string[][] = []
  for (const answer of answers) {
    if (answer.is !== 'done') return answer
    outputs.push(splitNul(answer.output))
  }
  const [listed = [], changed = [], filtered = [], staged = []] = outputs
  const others = unknownFiles.is === 'done' ? splitNul(unknownFiles.output) : []
  const entries = listed.flatMap(readEntry)
  const modified = new Set(await withoutWritten(place, new Set(changed), filtered))
  const files = entries.filter(({ mode }) => mode !== SUBMODULE)

  const isLeftOut = ({ path: file, isSkipped }: Entry): boolean =>
    isSkipped && !isThere(path.join(clone.root, file))
  const own: Checkout = {
    ...NOTHING,
    uncommitted: [
      ...staged,
      ...modified,
      ...others,
      ...(await differing(
        place,
        files.filter((entry) => entry.isUnwatched && !isLeftOut(entry)),
      )),
    ],
    holes: [
      ...files.filter(isLeftOut).map(toHole('sparse')),
      ...files.filter((entry) => isTextForLink(clone.root, entry, modified)).map(toHole('link')),
    ],
    tracked: files.map(({ path: file }) => file),
    filtered,
  }
  const parts = [own]
  for (const { path: submodule, isSkipped } of entries.filter(({ mode }) => mode === SUBMODULE)) {
    parts.push(await readSubmodule(place, submodule, isSkipped ? 'sparse' : kind))
  }
  // A clone of another step's, which git names with a slash at its end.
  for (const other of others.filter((name) => name.endsWith('/'))) {
    parts.push({
      ...(await readInner(place, other.slice(0, -1), 'submodule')),
      submodules: [],
      uncommitted: [],
    })
  }
  return {
    is: 'read',
    checkout: merge(parts),
    unlisted: unknownFiles.is === 'done' ? undefined : unknownFiles,
  }
}

/** `H 100644 <ID> 0<tab><path>`: S is an entry that a sparse checkout left out, a small letter one that is taken on trust. */
function readEntry(line: string): Entry[] {
  const [, tag = '', mode = '', oid = '', file = ''] = /^(\S) (\d+) ([0-9a-f]+) \d\t([^]*)$/.exec(line) ?? []
  const isSkipped = tag.toUpperCase() === 'S'
  return file === ''
    ? []
    : [{ path: file, mode, oid, isSkipped, isUnwatched: isSkipped || /[a-z]/.test(tag) }]
}

/**
 * Of a submodule, git itself tells only that it is at another commit, and nothing at all when it was not fetched; it takes an
 * empty folder for one that nobody wants.
 */
async function readSubmodule(place: Place, submodule: string, kind: HoleKind): Promise<Checkout> {
  const { clone } = place
  const content = contentOf(path.join(clone.root, submodule))
  const found = { ...NOTHING, submodules: [submodule] }
  if (content.every((name) => name === '.git')) {
    const isUnmapped = kind !== 'sparse' && isMissingFrom(path.join(clone.root, '.gitmodules'), submodule)
    return { ...found, holes: [{ path: submodule, kind: isUnmapped ? 'unmapped-submodule' : kind }] }
  }
  // An earlier step filled the folder by other means.
  if (!content.includes('.git')) return { ...found, uncommitted: [submodule] }
  return merge([found, await readInner(place, submodule, 'nested-submodule')])
}

/** What is in a clone inside of a clone; when git does not say, it counts as changed. */
async function readInner({ git, clone }: Place, inner: string, kind: HoleKind): Promise<Checkout> {
  const folder = path.join(clone.root, inner)
  const found = await readClone(git, folder)
  const unknown = { ...NOTHING, uncommitted: [inner] }
  // Git may speak of the repository around it.
  if (found.is !== 'clone' || found.clone.prefix !== '') return unknown
  const result = await readPart({ git, clone: found.clone, folder, everywhere: false }, kind)
  if (result.is !== 'read') return unknown
  const below = (name: string): string => `${inner}/${name}`
  const { holes, ...lists } = result.checkout
  return {
    uncommitted: [...lists.uncommitted.map(below), ...(result.unlisted ? [inner] : [])],
    tracked: lists.tracked.map(below),
    filtered: lists.filtered.map(below),
    submodules: lists.submodules.map(below),
    holes: holes.map((hole) => ({ ...hole, path: below(hole.path) })),
  }
}

/**
 * Changed files without those that have a filter and are still as git wrote them. Without its program git cannot compare these
 * with the commit, which it wants to when a file is hardly older than the index.
 */
async function withoutWritten(
  { git, clone, folder }: Place,
  changed: ReadonlySet<string>,
  filtered: readonly string[],
): Promise<readonly string[]> {
  const unsure = new Set(filtered.filter((file) => changed.has(file)))
  if (unsure.size === 0 || clone.withoutFilters.length === 0) return [...changed]
  const result = await git(folder, ['ls-files', '-z', '--full-name', '--debug', '--', ':/'])
  if (result.is !== 'done') return [...changed]
  const written = new Map(
    [...result.output.matchAll(WRITTEN)].map(([, file = '', seconds, nanoseconds, size]) => [
      file,
      `${seconds}:${nanoseconds}:${size}`,
    ]),
  )
  const isWritten = (file: string): boolean =>
    unsure.has(file) && written.get(file) === timeAndSize(path.join(clone.root, file))
  return [...changed].filter((file) => !isWritten(file))
}

const WRITTEN =
  /([^\0]*)\0 {2}ctime: \d+:\d+\n {2}mtime: (\d+):(\d+)\n {2}dev: [^\n]*\n {2}uid: [^\n]*\n {2}size: (\d+)\t[^\n]*\n/g

function timeAndSize(file: string): string | undefined {
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false })
  return stats && `${stats.mtimeNs / 1_000_000_000n}:${stats.mtimeNs % 1_000_000_000n}:${stats.size}`
}

/** Files that git was told not to look at and that are not what the commit has. */
async function differing({ git, clone }: Place, entries: readonly Entry[]): Promise<readonly string[]> {
  const isFile = ({ path: file, mode }: Entry): boolean =>
    mode !== LINK && lstatSync(path.join(clone.root, file), { throwIfNoEntry: false })?.isFile() === true
  const files = entries.filter(isFile)
  if (entries.length === 0) return []
  const result = await git(
    clone.root,
    [...clone.withoutFilters, 'hash-object', '--stdin-paths'],
    files.map(({ path: file }) => `${file}\n`).join(''),
  )
  const hashes = result.is === 'done' ? result.output.split('\n') : []
  const same = new Set(files.filter(({ oid }, index) => hashes[index] === oid))
  return entries.filter((entry) => !same.has(entry)).map(({ path: file }) => file)
}

/** Where links cannot be made, git writes what they say into a file, and takes that for the link. */
function isTextForLink(root: string, { path: file, mode }: Entry, modified: ReadonlySet<string>): boolean {
  if (mode !== LINK || modified.has(file)) return false
  return lstatSync(path.join(root, file), { throwIfNoEntry: false })?.isFile() === true
}

const toHole =
  (kind: HoleKind) =>
  ({ path: file }: Entry): Hole => ({ path: file, kind })

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

function contentOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Whether `.gitmodules` does not name the submodule. */
function isMissingFrom(gitmodules: string, submodule: string): boolean {
  try {
    const paths = readFileSync(gitmodules, 'utf8').matchAll(/^\s*path\s*=\s*"?(.*?)"?\s*$/gm)
    return ![...paths].some(([, named]) => named === submodule)
  } catch {
    return true
  }
}

function merge(parts: readonly Checkout[]): Checkout {
  return {
    uncommitted: [...new Set(parts.flatMap(({ uncommitted }) => uncommitted))],
    holes: parts.flatMap(({ holes }) => holes),
    tracked: parts.flatMap(({ tracked }) => tracked),
    filtered: parts.flatMap(({ filtered }) => filtered),
    submodules: parts.flatMap(({ submodules }) => submodules),
  }
}
