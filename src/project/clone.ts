import { existsSync } from 'node:fs'
import * as path from 'node:path'
import type { LocalCommit } from './commit.ts'
import type { Git, GitProblem } from './git.ts'
import { isSha, splitNul } from './git.ts'

/** A local clone, as far as it matters what is checked out. */
export type Clone = {
  /** The commit that is checked out. */
  readonly head: string
  /** Its root, absolute, with links resolved. */
  readonly root: string
  /** Where the folder that was asked about is in it, with forward slashes and no trailing one; empty at its root. */
  readonly prefix: string
  /** The branch that is checked out; undefined when it is a commit or a tag. */
  readonly branch: string | undefined
  /** The URL that it was cloned from, as it is in its settings: it may hold credentials. */
  readonly origin: string | undefined
  /** Arguments that come first where git looks into files, so that it runs no filter program. */
  readonly withoutFilters: readonly string[]
}

export type CloneResult = { readonly is: 'clone'; readonly clone: Clone } | GitProblem

const BRANCH = 'refs/heads/'

/** The clone that holds a folder, or why that is not known. A folder that is missing is looked for in those around it. */
export async function readClone(git: Git, folder: string): Promise<CloneResult> {
  const place = nearestFolder(folder)
  const parsed = await git(place, [
    'rev-parse',
    '--show-toplevel',
    '--show-prefix',
    'HEAD^{commit}',
    '--symbolic-full-name',
    'HEAD',
  ])
  if (parsed.is !== 'done') return parsed
  const [root = '', prefix = '', head = '', ref = ''] = parsed.output.split(/\r?\n/)
  if (root === '' || !isSha(head)) return { is: 'failed', said: 'its answer has no commit' }
  const read = await readSettings(git, place)
  if ('is' in read) return read
  const { settings } = read
  if (settings.some(({ name }) => /^filter\..*=/s.test(name))) {
    return { is: 'failed', said: 'a filter has a name with "=" in it, which cannot be switched off' }
  }
  const below = path.relative(place, folder).split(path.sep)
  return {
    is: 'clone',
    clone: {
      head,
      root,
      prefix: [...prefix.split('/'), ...below].filter((name) => name !== '').join('/'),
      branch: ref.startsWith(BRANCH) ? ref.slice(BRANCH.length) : undefined,
      origin: settings.find(({ name }) => name === 'remote.origin.url')?.value,
      withoutFilters: switchOff(settings.map(({ name }) => name)),
    },
  }
}

/** Message, author and branch of what is checked out; undefined when git does not say. */
export async function readLocalCommit(git: Git, clone: Clone): Promise<LocalCommit | undefined> {
  const { head: sha, branch, origin } = clone
  // No setting changes what rev-list prints.
  const result = await git(clone.root, [
    'rev-list',
    '--max-count=1',
    '--encoding=UTF-8',
    '--format=%an%n%B',
    sha,
  ])
  if (result.is !== 'done') return undefined
  const [, authorName = '', ...message] = result.output.split('\n')
  return { sha, authorName, message: message.join('\n').trim(), branch, origin }
}

type Setting = { readonly name: string; readonly value: string }

async function readSettings(
  git: Git,
  folder: string,
): Promise<{ readonly settings: readonly Setting[] } | GitProblem> {
  const wanted = '^(remote\\.origin\\.url|filter\\..*)$'
  const result = await git(folder, ['config', '-z', '--get-regexp', wanted])
  // Without such a setting it fails and says nothing.
  if (result.is !== 'done') return result.said === '' ? { settings: [] } : result
  const settings = splitNul(result.output).map((entry) => {
    const [name = '', ...value] = entry.split('\n')
    return { name, value: value.join('\n') }
  })
  return { settings }
}

/**
 * A filter program is one of the user's machine: it may wait for a key, or for the network. What it would make of a file is not
 * needed to see whether the file is still what git wrote.
 */
function switchOff(settings: readonly string[]): string[] {
  const filters = new Set(settings.flatMap((name) => /^filter\.(.+)\.[^.]+$/s.exec(name)?.[1] ?? []))
  return [...filters].flatMap((name) =>
    ['clean=', 'smudge=', 'process=', 'required=false'].flatMap((setting) => [
      '-c',
      `filter.${name}.${setting}`,
    ]),
  )
}

function nearestFolder(folder: string): string {
  const parent = path.dirname(folder)
  return parent === folder || existsSync(folder) ? folder : nearestFolder(parent)
}
